package harness

import (
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

// Database opens the Postgres of the running system.
func (s *System) Database() *sqlx.DB {
	s.T.Helper()
	db, err := sqlx.Open("postgres", s.Setting("DATABASE_URL"))
	require.NoError(s.T, err)
	s.T.Cleanup(func() { _ = db.Close() })
	return db
}

// DisableFsync has Postgres leave it to the kernel when to write to the disk. That loses data only when the machine dies, which no test
// tries. Where several tests share a slow disk, none waits for it longer than WeChat is patient.
func (s *System) DisableFsync() {
	s.T.Helper()
	for _, setting := range []string{`alter system set fsync = off`, `select pg_reload_conf()`} {
		_, err := s.Database().Exec(setting)
		require.NoError(s.T, err)
	}
}
