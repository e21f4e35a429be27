package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// R23: while Postgres has no room for one byte more, what is acknowledged is not lost; once there is room again, all of it is
// answered, within 30 s, once.
//
// As root, Postgres's folder is a file system of its own, which is filled: then Postgres itself falls over. Nobody else may
// mount one; there every table refuses new rows as a full disk does, which is less, and is said.
func TestR23_aFullDiskLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	s := start(t)
	fill, free := s.smallDisk()
	c := s.follower()
	s.simulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil)
	require.True(t, c.manages("before"))
	c.gets(1, 30*time.Second)

	fill()
	_, err := s.database().Exec(`insert into distribution_triggers (tenant, due_at) 
		select 'default', now() + interval '1 day' from pg_attribute a, pg_attribute b limit 400000`) // takes what room is left
	require.Error(t, err, "there is no room")
	t.Logf("postgres says: %v", err)
	taken := []string{"before"}
	for n := range 6 {
		if text := fmt.Sprintf("line %d", n); c.manages(text) {
			taken = append(taken, text)
		}
	}
	t.Logf("%d of 6 lines were acknowledged while the disk was full", len(taken)-1)
	free()
	freed := time.Now()
	s.pollUntil(100*time.Millisecond, 30*time.Second, "it serves again", s.ready)
	t.Logf("ready %s after there was room", time.Since(freed).Round(100*time.Millisecond))
	require.True(t, c.manages("after"))
	taken = append(taken, "after")
	s.until(60*time.Second, "all that was acknowledged is answered", func() bool { return len(s.fates(c)) >= len(taken) })
	s.quiet()

	var said []string
	for _, m := range s.transcript(c.conversations()[0].ID) {
		if m.Author == "customer" {
			said = append(said, m.Text)
		}
	}
	for _, text := range taken {
		require.Contains(t, said, text, "nothing that was acknowledged is lost")
	}
	times := map[string]int{}
	for _, text := range said {
		times[text]++
		require.Equal(t, 1, times[text], "once")
	}
	out, err := s.reconcile("20s")
	require.NoError(t, err, out)
}

// smallDisk moves Postgres to where there is little room, and returns how to take the rest of it, and how to give it back.
func (s *system) smallDisk() (fill, free func()) {
	s.t.Helper()
	s.stop()
	defer s.launch()
	folder := filepath.Join(s.dir, ".wxdesk", "postgres")
	large := folder + ".large"
	require.NoError(s.t, os.Rename(folder, large))
	require.NoError(s.t, os.Mkdir(folder, 0o700))
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=256m,mode=0700"); err != nil {
		require.True(s.t, errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES), "mount: %v", err)
		s.t.Logf("no file system of its own may be mounted (%v): tables refuse rows in place of a full disk", err)
		require.NoError(s.t, os.Remove(folder))
		require.NoError(s.t, os.Rename(large, folder))
		return func() { s.refuseRows() }, func() { s.takeRows() }
	}
	s.t.Cleanup(func() {
		s.stop()
		require.NoError(s.t, syscall.Unmount(folder, 0))
	})
	out, err := exec.Command("cp", "-a", large+"/.", folder).CombinedOutput()
	require.NoErrorf(s.t, err, "%s", out)
	ballast := filepath.Join(folder, "ballast")
	fill = func() {
		f, err := os.Create(ballast) //nolint:gosec // a file of this test
		require.NoError(s.t, err)
		defer f.Close() //nolint:errcheck // full is what it is meant to be
		for block := make([]byte, 1<<20); ; {
			if _, err := f.Write(block); err != nil {
				require.ErrorIs(s.t, err, syscall.ENOSPC)
				if block = block[:len(block)/2]; len(block) == 0 {
					return
				}
			}
		}
	}
	return fill, func() { require.NoError(s.t, os.Remove(ballast)) }
}

func (s *system) refuseRows() {
	s.t.Helper()
	_, err := s.database().Exec(`
		create function no_room() returns trigger language plpgsql as $$ begin raise exception 'no room' using errcode = '53100'; end $$;
		do $$ declare name text; begin
			for name in select tablename from pg_tables where schemaname = 'public' loop
				execute format('create trigger no_room before insert or update on %I execute function no_room()', name);
			end loop;
		end $$`)
	require.NoError(s.t, err)
}

func (s *system) takeRows() {
	s.t.Helper()
	_, err := s.database().Exec(`drop function no_room cascade`)
	require.NoError(s.t, err)
}
