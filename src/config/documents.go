package config

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown prints the table as the README shows it.
func WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Each option has the environment name `KSFU_<NAME>` besides those named here, and the flag `--name`; secrets have no flag.\n\n")
	b.WriteString("| Option | UCI section | Environment | Default | Applied by | Meaning |\n|---|---|---|---|---|---|\n")
	for _, o := range Options() {
		env := append(o.Env, o.FileNames()...)
		if len(o.Env) == 0 && !o.Repeat {
			env = append(o.EnvNames(), o.FileNames()...)
		}
		for i := range env {
			env[i] = "`" + env[i] + "`"
		}
		name, section, standard, applied := "`"+o.Name+"`", o.Section, code(o.Default), "restart"
		if o.Compat {
			name = ""
		}
		if o.CloudDefault != "" {
			standard = strings.TrimSpace(standard + " (cloud: " + code(o.CloudDefault) + ")")
		}
		if o.Reload {
			applied = "reload"
		}
		text := o.Text
		if !o.value.boolean {
			text += " Allowed: " + o.Allowed() + "."
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", name, section, strings.Join(env, ", "), standard, applied, strings.ReplaceAll(text, "|", `\|`))
	}
	_, err := io.WriteString(w, b.String())

	return err
}

func code(s string) string {
	if s == "" {
		return ""
	}

	return "`" + s + "`"
}

// WriteEnvExample prints .env.example: every name, commented out.
func WriteEnvExample(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`# Options of ksfu. Copy this file to .env in the directory that ksfu starts in,
# and uncomment what you change; the environment and flags outweigh it. With a
# secret in it: chmod 600 .env
# An empty value counts as not set. A value with $ or # goes into single quotes.
`)
	for _, o := range Options() {
		names := o.EnvNames()
		if len(names) == 0 {
			continue
		}
		comment := o.Text
		if !o.value.boolean {
			comment += " Allowed: " + o.Allowed() + "."
		}
		if more := append(names[1:len(names):len(names)], o.FileNames()...); len(more) > 0 {
			comment += " Also: " + strings.Join(more, ", ") + "."
		}
		b.WriteString("\n" + wrap(comment, "# ", 78))
		fmt.Fprintf(&b, "#%s=%s\n", names[0], quoteSample(o.sample()))
	}
	_, err := io.WriteString(w, b.String())

	return err
}

// WriteUCISample prints files/etc/config/ksfu: every option, commented out.
func WriteUCISample(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`# Options of ksfu. Lines that begin with # are comments: what stands in them is
# the default or an example. Uncomment what you change.
`)
	section := ""
	for _, o := range Options() {
		if o.Section == "" {
			continue
		}
		if o.Section != section {
			section = o.Section
			switch {
			case o.Repeat:
				fmt.Fprintf(&b, "\n# Tokens, each in a section of its own.\n#config %s 'app'\n", section)
			case section == sectionMain:
				fmt.Fprintf(&b, "\nconfig %s 'main'\n", section)
			default:
				fmt.Fprintf(&b, "\nconfig %s '%s'\n", section, section)
			}
		}
		text := o.Text
		if !o.value.boolean {
			text += " Allowed: " + o.Allowed() + "."
		}
		keyword := "option"
		if o.List() {
			keyword = "list"
		}
		b.WriteString(wrap(text, "\t# ", 76))
		fmt.Fprintf(&b, "#\t%s %s '%s'\n\n", keyword, o.Name, o.sample())
	}
	text := strings.ReplaceAll(b.String(), "\n\n\n", "\n\n")
	_, err := io.WriteString(w, strings.TrimRight(text, "\n")+"\n")

	return err
}

// sample is a value to show.
func (o Option) sample() string {
	if o.Default != "" {
		return o.Default
	}

	return o.Example
}

func quoteSample(s string) string {
	if strings.ContainsAny(s, " #$") {
		return "'" + s + "'"
	}

	return s
}
