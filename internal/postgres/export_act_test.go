package postgres

import "context"

// ForgetCommands is the part of Sweep that deletes the keys of acts.
func (db *DB) ForgetCommands(ctx context.Context) error { return db.forgetCommands(ctx) }
