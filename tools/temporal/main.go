// Command temporal is the Temporal server that `make dev` and the tests run: all four services, the Web UI and a
// SQLite database in one process, on this machine only.
//
// It is started the way the Temporal CLI's development server is, so that the Go SDK's testsuite.StartDevServer can use
// it as an existing binary:
//
//	temporal server start-dev --port 7233 --db-filename temporal.db --namespace default
//
// What was acknowledged is in the database file and survives the death of the process at any moment. Nothing is
// encrypted or authorised, no other host is contacted, and history is kept for a day: it is no server for production.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "temporal:", err)
		os.Exit(1)
	}
}

// run serves until SIGINT or SIGTERM arrives. It says on stdout once, in one line, that the server takes requests.
func run(args []string, stdout, stderr io.Writer) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(stop)

	opts, err := parse(args, stderr)
	if err != nil {
		return err
	}
	srv, err := start(opts, stderr)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, ready(opts))

	<-stop
	return srv.stop()
}

func ready(o options) string {
	line := "Temporal " + version + " listens on " + o.frontend()
	if !o.headless {
		line += ", Web UI on http://" + o.ui()
	}
	return line
}
