package overload_test

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

	"wxdesk/internal/e2e/harness"
)

// R23
// While Postgres has no room for one byte more, what is acknowledged is not lost; once there is room again, all of it is
// answered, within 30 s, once.
//
// As root, Postgres's folder is a file system of its own, which is filled: then Postgres itself falls over. Nobody else may
// mount one; there every table refuses new rows as a full disk does, which is less, and is said.
func TestFullDisk_losesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	fill, free := moveToSmallDisk(s)
	c := s.NewCustomer()
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil)
	require.True(t, c.WriteAccepted("before"))
	c.WaitForAnswers(1, 30*time.Second)

	fill()
	_, err := s.Database().Exec(`insert into distribution_triggers (tenant, due_at) 
		select 'default', now() + interval '1 day' from pg_attribute a, pg_attribute b limit 400000`) // takes what room is left
	require.Error(t, err, "there is no room")
	t.Logf("postgres says: %v", err)
	taken := []string{"before"}
	for n := range 6 {
		if text := fmt.Sprintf("line %d", n); c.WriteAccepted(text) {
			taken = append(taken, text)
		}
	}
	t.Logf("%d of 6 lines were acknowledged while the disk was full", len(taken)-1)
	free()
	freed := time.Now()
	s.PollEvery(100*time.Millisecond, 30*time.Second, "it serves again", s.Ready)
	t.Logf("ready %s after there was room", time.Since(freed).Round(100*time.Millisecond))
	require.True(t, c.WriteAccepted("after"))
	taken = append(taken, "after")
	s.WaitFor(60*time.Second, "all that was acknowledged is answered", func() bool { return len(s.DeliveryStatuses(c)) >= len(taken) })
	s.WaitForDeliveries()

	var said []string
	for _, m := range s.Transcript(c.Conversations()[0].ID) {
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
	out, err := s.Reconcile("20s")
	require.NoError(t, err, out)
}

// moveToSmallDisk moves Postgres to a disk with little room. It returns how to fill the disk, and how to free it again.
func moveToSmallDisk(s *harness.System) (fill, free func()) {
	s.T.Helper()
	s.Stop()
	defer s.Launch()
	folder := filepath.Join(s.Dir, ".wxdesk", "postgres")
	large := folder + ".large"
	require.NoError(s.T, os.Rename(folder, large))
	require.NoError(s.T, os.Mkdir(folder, 0o700))
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=256m,mode=0700"); err != nil {
		require.True(s.T, errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES), "mount: %v", err)
		s.T.Logf("no file system of its own may be mounted (%v): tables refuse rows in place of a full disk", err)
		require.NoError(s.T, os.Remove(folder))
		require.NoError(s.T, os.Rename(large, folder))
		return func() { refuseRows(s) }, func() { acceptRows(s) }
	}
	s.T.Cleanup(func() {
		s.Stop()
		require.NoError(s.T, syscall.Unmount(folder, 0))
	})
	out, err := exec.Command("cp", "-a", large+"/.", folder).CombinedOutput()
	require.NoErrorf(s.T, err, "%s", out)
	ballast := filepath.Join(folder, "ballast")
	fill = func() {
		f, err := os.Create(ballast) //nolint:gosec // a file of this test
		require.NoError(s.T, err)
		defer f.Close() //nolint:errcheck // full is what it is meant to be
		for block := make([]byte, 1<<20); ; {
			if _, err := f.Write(block); err != nil {
				require.ErrorIs(s.T, err, syscall.ENOSPC)
				if block = block[:len(block)/2]; len(block) == 0 {
					return
				}
			}
		}
	}
	return fill, func() { require.NoError(s.T, os.Remove(ballast)) }
}

// refuseRows has every table refuse new rows, as a full disk does.
func refuseRows(s *harness.System) {
	s.T.Helper()
	_, err := s.Database().Exec(`
		create function no_room() returns trigger language plpgsql as $$ begin raise exception 'no room' using errcode = '53100'; end $$;
		do $$ declare name text; begin
			for name in select tablename from pg_tables where schemaname = 'public' loop
				execute format('create trigger no_room before insert or update on %I execute function no_room()', name);
			end loop;
		end $$`)
	require.NoError(s.T, err)
}

// acceptRows has every table accept rows again.
func acceptRows(s *harness.System) {
	s.T.Helper()
	_, err := s.Database().Exec(`drop function no_room cascade`)
	require.NoError(s.T, err)
}
