package e2e_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"
)

// fault is something that goes wrong, and is mended by itself.
type fault struct {
	name string
	do   func()
}

// faults draws a run's faults: so many kills, and about as many stalls and broken links between them.
func (r *rig) faults(dice *rand.Rand, kills int) []fault {
	var all []fault
	for range kills {
		all = append(all, r.killing(dice))
		if dice.IntN(2) == 0 {
			all = append(all, r.stalling(dice))
		}
		if dice.IntN(2) == 0 {
			all = append(all, r.breaking(dice))
		}
	}
	return all
}

func (r *rig) killing(dice *rand.Rand) fault {
	switch what := dice.IntN(8); what {
	case 0, 1, 2, 3:
		name := []string{"api", "worker", "temporal", "postgres"}[what]
		return fault{"kill " + name, func() { r.crash(name) }}
	case 4:
		return fault{"kill the second api", func() { r.api2.signal(syscall.SIGKILL) }}
	case 5:
		return fault{"kill the second worker", func() { r.worker2.signal(syscall.SIGKILL) }}
	case 6:
		return fault{"kill a backend of postgres, which makes all begin anew", func() {
			if pid := r.backend(); pid > 0 {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}}
	}
	return fault{"end the connections of postgres", func() {
		_ = r.asks(`select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and client_port is not null`)
	}}
}

// crash kills a process of wxdesk dev, unless it is just being started again.
func (r *rig) crash(name string) {
	if pid := r.pid(name); pid > 0 {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// backend is the process of some connection to Postgres, 0 where Postgres is away.
func (r *rig) backend() int {
	return r.asks(`select coalesce(min(pid), 0) from pg_stat_activity where pid <> pg_backend_pid() and client_port is not null`)
}

// asks Postgres for a number; 0 where it is away.
func (r *rig) asks(query string) (n int) {
	db, err := sql.Open("postgres", r.setting("DATABASE_URL")+"&connect_timeout=2")
	if err != nil {
		return 0
	}
	defer db.Close() //nolint:errcheck // nothing is left to be lost
	_ = db.QueryRow(query).Scan(&n)
	return n
}

func (r *rig) stalling(dice *rand.Rand) fault {
	lasts := time.Duration(500+dice.IntN(4500)) * time.Millisecond
	switch what := dice.IntN(6); what {
	case 0, 1, 2, 3:
		name := []string{"api", "worker", "temporal", "postgres"}[what]
		return fault{fmt.Sprintf("stall %s for %s", name, lasts), func() {
			if r.pid(name) > 0 {
				goOn := r.stall(name)
				<-time.After(lasts)
				goOn()
			}
		}}
	case 4:
		return fault{fmt.Sprintf("stall the second api for %s", lasts), func() { r.api2.stall(lasts) }}
	}
	return fault{fmt.Sprintf("stall the second worker for %s", lasts), func() { r.worker2.stall(lasts) }}
}

func (k *kept) stall(lasts time.Duration) {
	k.signal(syscall.SIGSTOP)
	<-time.After(lasts)
	k.signal(syscall.SIGCONT)
}

func (r *rig) breaking(dice *rand.Rand) fault {
	name := []string{"postgres", "temporal", "wechat"}[dice.IntN(3)]
	link, lasts := r.links[name], time.Duration(500+dice.IntN(2500))*time.Millisecond
	switch dice.IntN(3) {
	case 0:
		return fault{"cut the link to " + name, link.cut}
	case 1:
		slow := time.Duration(50+dice.IntN(500)) * time.Millisecond
		return fault{fmt.Sprintf("slow the link to %s by %s for %s", name, slow, lasts), func() {
			link.slow.Store(int64(slow))
			<-time.After(lasts)
			link.slow.Store(0)
		}}
	}
	return fault{fmt.Sprintf("lose the answers of %s for %s", name, lasts), func() {
		link.deaf.Store(true)
		<-time.After(lasts)
		link.cut() // what was lost stays lost
		link.deaf.Store(false)
	}}
}
