package rtc

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLog gives Pion's messages to slog at Debug: they are per call, and Pion
// calls a warning what is daily life on a public port.
type pionLog struct{ log *slog.Logger }

// NewLogger makes the logger of one of Pion's parts.
func (p *pionLog) NewLogger(scope string) logging.LeveledLogger {
	return &scopedLog{p.log.With("pion", scope)}
}

type scopedLog struct{ log *slog.Logger }

func (l *scopedLog) write(msg string, args ...any) {
	if !l.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	if args != nil {
		msg = fmt.Sprintf(msg, args...)
	}
	l.log.Debug("pion says", "text", msg)
}

func (l *scopedLog) Trace(string)                     {}
func (l *scopedLog) Tracef(string, ...any)            {}
func (l *scopedLog) Debug(string)                     {}
func (l *scopedLog) Debugf(string, ...any)            {}
func (l *scopedLog) Info(msg string)                  { l.write(msg) }
func (l *scopedLog) Infof(format string, args ...any) { l.write(format, args...) }
func (l *scopedLog) Warn(msg string)                  { l.write(msg) }
func (l *scopedLog) Warnf(format string, args ...any) { l.write(format, args...) }
func (l *scopedLog) Error(msg string)                 { l.write(msg) }
func (l *scopedLog) Errorf(format string, args ...any) {
	l.write(format, args...)
}
