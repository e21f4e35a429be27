package dev

import "context"

// migrate brings the database up to date before API and worker start, and has a Temporal that runs elsewhere know our search
// attributes; our own may not be there yet.
func (d *system) migrate(ctx context.Context) error {
	if err := d.host.MigrateDatabase(ctx, d.cfg); err != nil || d.temporal != nil {
		return err
	}
	return d.useTemporal(ctx)
}

// useTemporal has Temporal know our search attributes. From then on the worker is expected to poll.
func (d *system) useTemporal(ctx context.Context) error {
	if err := d.host.RegisterSearchAttributes(ctx, d.cfg); err != nil {
		return err
	}
	close(d.temporalUp)
	return nil
}
