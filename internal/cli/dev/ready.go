package dev

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// answers reports readiness by HTTP: any 2xx.
func answers(url string) func(context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close() //nolint:errcheck // nothing was written
		if resp.StatusCode/100 != 2 {
			return fmt.Errorf("%s answers %s", url, resp.Status)
		}
		return nil
	}
}

// workerReady is whether the worker polls. Before Temporal is up it is enough that the worker runs.
func (d *system) workerReady(ops string) func(context.Context) error {
	runs, polls := answers("http://"+ops+"/healthz"), answers("http://"+ops+"/readyz")
	return func(ctx context.Context) error {
		select {
		case <-d.temporalUp:
			return polls(ctx)
		default:
			return runs(ctx)
		}
	}
}

// eachMinute does the work, and tells after each minute how many have passed.
func eachMinute(ctx context.Context, work func(context.Context) error, tell func(minutes int)) error {
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for minutes := 1; ; minutes++ {
		select {
		case err := <-done:
			return err
		case <-minute.C:
			tell(minutes)
		}
	}
}

func (d *system) sayTemporalCompiles(minutes int) {
	meanwhile := "answers come when it is done"
	if d.phoneWorks.Load() {
		meanwhile = "the phone page works already, " + meanwhile
	}
	d.host.say("temporal: compiling, %d min so far; %s", minutes, meanwhile)
}

// waitReady waits until the API is of use: migrations done, Temporal there, a worker polling.
func (d *system) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ready := answers("http://" + d.cfg.OpsAddr + "/readyz")
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the API does not get ready: %w; see %s/log/", err, dir)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
