package config

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"wxdesk/internal/secret"
)

// Print writes the settings as a table: each variable, what it is now, its defaults in `wxdesk dev` and elsewhere, and
// what it means. A star marks what was set. Secrets are hidden.
func (c Config) Print(w io.Writer) error {
	var b strings.Builder
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "VARIABLE\tVALUE\tDEFAULT IN DEV\tDEFAULT ELSE\tMEANING")
	for _, r := range c.rows {
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\n",
			r.name, c.shown(r), r.defaults[inDev], r.defaults[elsewhere], r.meaning)
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	b.WriteString("\n* set in the environment. Other TEMPORAL_ and OTEL_ variables are read as the Temporal SDK (without its file)\n" +
		"and OpenTelemetry document them.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// shown is a variable's effective value as people may see it.
func (c Config) shown(r row) string {
	value, ok := c.values[r.name]
	if !ok {
		return "-"
	}
	text := printable(value, r.show)
	if c.given[r.name] {
		return text + " *"
	}
	return text
}

// printable hides what must be hidden and keeps control characters, such as tabs, out of the table.
func printable(value secret.Value, show func(string) string) string {
	text := value.Reveal()
	if show != nil {
		text = show(text)
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
}
