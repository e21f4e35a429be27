package cli

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"wxdesk/internal/config"
	"wxdesk/internal/telemetry"
	"wxdesk/internal/temporalclient"
)

// versionsCmd keeps the versions of the workers. An upgrade is: start workers of the new version, use it, nudge, and stop
// the old workers once no run stays with them (docs/operations.md).
type versionsCmd struct {
	List versionsListCmd `cmd:"" default:"withargs" help:"List them, with the open runs that stay with each (the default)."`
	Use  versionsUseCmd  `cmd:"" help:"Make one the current one, under which new conversations begin."`
}

// usePatience is how long the workers of a version may take to be there.
const usePatience = time.Minute

type versionsListCmd struct{}

// Run lists the versions, and says whose workers may be stopped.
func (versionsListCmd) Run(ctx context.Context, p Process) error {
	return withVersions(p, func(v temporalclient.Versions) error {
		all, err := v.List(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "VERSION\tOPEN RUNS\tITS WORKERS")
		for _, one := range all {
			fmt.Fprintf(table, "%s\t%d\t%s\n", one.ID, one.Open, advice(one))
		}
		return table.Flush()
	})
}

// advice is what to do with the workers of a version. Temporal's own word that it is drained comes some minutes after the
// last run has gone, when none can be overlooked any more.
func advice(v temporalclient.Version) string {
	switch {
	case v.Current:
		return "current: new conversations begin here"
	case v.Open > 0:
		return "needed: wxdesk nudge lets open runs move on"
	case !v.Drained:
		return "needed until Temporal has made sure that no run is left"
	}
	return "may be stopped"
}

type versionsUseCmd struct {
	Version string `arg:"" help:"As the workers have it in WXDESK_WORKER_VERSION."`
}

// Run makes a version the current one.
func (c versionsUseCmd) Run(ctx context.Context, p Process) error {
	ctx, cancel := context.WithTimeout(ctx, usePatience)
	defer cancel()
	return withVersions(p, func(v temporalclient.Versions) error {
		if err := v.Use(ctx, c.Version); err != nil {
			return err
		}
		say(p, "new conversations begin under %s; `wxdesk nudge` lets the open ones follow", c.Version)
		return nil
	})
}

type nudgeCmd struct{}

// Run nudges the open runs.
func (nudgeCmd) Run(ctx context.Context, p Process) error {
	return withVersions(p, func(v temporalclient.Versions) error {
		n, err := v.Nudge(ctx)
		if err != nil {
			return err
		}
		say(p, "nudged %d open runs", n)
		return nil
	})
}

func withVersions(p Process, do func(temporalclient.Versions) error) error {
	cfg, err := settings(p, config.MasterKeys)
	if err != nil {
		return err
	}
	c, namespace, err := temporalOf(cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(temporalclient.Versions{Client: c, Namespace: namespace})
}

// useFirstVersion makes this worker's version the current one if there is none yet, as on the day that versions are
// switched on.
func (s *components) useFirstVersion(ctx context.Context) error {
	if s.cfg.WorkerVersion == "" {
		return nil
	}
	namespace, _ := s.cfg.Temporal.LookupEnv(string(config.TemporalNamespace))
	versions := temporalclient.Versions{Client: s.temporal, Namespace: namespace}
	for {
		err := versions.UseFirst(ctx, s.cfg.WorkerVersion)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		s.log.Warn("worker version unknown to Temporal, waiting", telemetry.FieldError, err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}
