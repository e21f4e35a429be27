package devstack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// leaveTimeout is how long the processes of a killed server may take to leave its data folder.
const leaveTimeout = 5 * time.Second

// prepareFolder fills a new data folder and hands an existing one to the account.
func (p *Postgres) prepareFolder(ctx context.Context) error {
	_, err := os.Stat(filepath.Join(p.opts.Dir, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return p.initialise(ctx)
	}
	if err != nil {
		return fmt.Errorf("postgres: look into the data folder: %w", err)
	}
	return p.account.own(p.opts.Dir)
}

// initialise makes the data folder in one step: initdb fills a neighbour, which then takes the name. A killed initdb so
// never leaves half a cluster behind.
func (p *Postgres) initialise(ctx context.Context) error {
	fresh, password := p.opts.Dir+".new", p.opts.Dir+".password"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return err
	}
	if err := p.account.own(fresh); err != nil {
		return err
	}
	args := []string{
		"--pgdata", fresh, "--username", postgresUser, "--encoding", "UTF8", "--locale", "C.UTF-8",
		"--auth-local", "trust", "--auth-host", "scram-sha-256", "--no-instructions",
	}
	if !p.opts.Durable {
		args = append(args, "--no-sync")
	}
	if !p.opts.Password.Empty() {
		defer os.Remove(password)
		if err := p.writePassword(password); err != nil {
			return err
		}
		args = append(args, "--pwfile", password)
	}
	if err := p.initdb(ctx, fresh, args); err != nil {
		return fmt.Errorf("postgres: initdb: %w%s", err, p.log)
	}
	return os.Rename(fresh, p.opts.Dir)
}

func (p *Postgres) initdb(ctx context.Context, fresh string, args []string) error {
	cmd, err := p.account.command(ctx, fresh, filepath.Join(p.opts.Bin, "initdb"), args...)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = p.log, p.log
	c, err := launch(cmd)
	if err != nil {
		return err
	}
	<-c.done
	return c.err
}

// writePassword writes the password where only the account, initdb that is, can read it.
func (p *Postgres) writePassword(file string) error {
	if err := os.WriteFile(file, []byte(p.opts.Password.Reveal()+"\n"), 0o600); err != nil {
		return err
	}
	return p.account.own(file)
}

// clearLeftovers waits until nobody works in the data folder any more, and then removes the lock files of a killed
// server. Postgres itself refuses to start if the number in one belongs to any process of the same user.
func (p *Postgres) clearLeftovers() error {
	deadline := time.Now().Add(leaveTimeout)
	for {
		pids := postgresIn(p.opts.Dir)
		if len(pids) == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres: another server uses %s (processes %v): stop it first", p.opts.Dir, pids)
		}
		time.Sleep(readyPause)
	}
	locks := []string{filepath.Join(p.opts.Dir, "postmaster.pid")}
	if p.sockets != "" {
		locks = append(locks, filepath.Join(p.sockets, socketName+".lock"))
	}
	for _, lock := range locks {
		if err := os.Remove(lock); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// socketName is how Postgres calls its socket: the port is part of the name.
const socketName = ".s.PGSQL.5432"

// maxSocketFolder is the longest folder for a socket: a unix socket's whole path has 107 bytes (unix(7)).
const maxSocketFolder = 107 - len("/"+socketName)

// chooseSocket puts the socket into the data folder, which only the account and root may enter, or into a folder of its
// own if the data folder lies too deep.
func (p *Postgres) chooseSocket() error {
	p.sockets = p.opts.Dir
	if len(p.sockets) <= maxSocketFolder {
		return nil
	}
	var err error
	if p.extra, err = os.MkdirTemp(shortTemp(p.account), "wxdesk-pg-"); err != nil {
		return err
	}
	p.sockets = p.extra
	return p.account.own(p.extra)
}
