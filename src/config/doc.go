// Package config is the option table of ksfu and what fills it.
//
// Options returns the one table: a row has the option's name, UCI section,
// environment names, type, default, meaning, and whether a reload applies it.
// The flags, `ksfu --check`, `ksfu --help`, the README's table, .env.example and
// files/etc/config/ksfu all come from it. Load fills a Config, the later
// source winning:
//
//	default < UCI file < .env in the working directory < environment < flag
//
// Names. An option is http_port in UCI (in its section), HTTP_PORT in the
// environment and --http-port or --http_port on the command line. Every option
// also has the environment name KSFU_<NAME>; some have the name they bore in the
// predecessor (UMBRELLA_*). An environment value that is empty counts as not
// set, because compose files pass on empty ones. Lists are separated by commas
// or white space, or given as UCI lists.
//
// Secrets are never taken from the command line, which every user of a machine
// can read; <NAME>_FILE names a file that holds one, without regard to its mode
// since mounted secrets are often 0444.
//
// Errors. An unknown option, flag or KSFU_* name is an error, and so is a wrong
// value, also one that a later source overrides. Load reports all of them at
// once, each a Problem.
//
// UCI files are read by github.com/digineo/go-uci, which answers questions about
// options that one knows to ask for and gives no line numbers. An outline of the
// file (outline.go) finds the rest: what stands in it, on which line, and what
// OpenWrt and go-uci would read differently, which is refused.
//
// state_dir, where it is not set, is the first of these that applies:
//
//	/state                   in cloud mode, where that directory exists
//	/etc/ksfu                on OpenWrt (/etc/openwrt_release exists); kept on sysupgrade
//	$STATE_DIRECTORY         under systemd (its first entry)
//	/var/lib/ksfu            as root
//	$XDG_STATE_HOME/ksfu     where that is absolute (XDG Base Directory Specification)
//	~/.local/state/ksfu
//	/state                   in cloud mode without a home directory
//
// Load reads files and blocks as long as the disk does. The package starts no
// goroutine; a Config is not changed after Load and may then be read
// concurrently.
package config
