package chaos

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"
)

// Fault is something that goes wrong for a while. Strike returns when it is over, but for killed processes, which are started again later.
type Fault struct {
	Name   string
	Strike func()
}

// DrawFaults draws the faults of a run: so many kills, and about as many stalls and broken links between them.
func (r *Rig) DrawFaults(dice *rand.Rand, kills int) []Fault {
	var all []Fault
	for range kills {
		all = append(all, r.drawKill(dice))
		if dice.IntN(2) == 0 {
			all = append(all, r.drawStall(dice))
		}
		if dice.IntN(2) == 0 {
			all = append(all, r.drawBrokenLink(dice))
		}
	}
	return all
}

// drawKill draws which process dies, or which connections to Postgres.
func (r *Rig) drawKill(dice *rand.Rand) Fault {
	switch what := dice.IntN(8); what {
	case 0, 1, 2, 3:
		name := []string{"api", "worker", "temporal", "postgres"}[what]
		return Fault{"kill " + name, func() { r.Crash(name) }}
	case 4:
		return Fault{"kill the second api", func() { r.SecondAPI.Signal(syscall.SIGKILL) }}
	case 5:
		return Fault{"kill the second worker", func() { r.SecondWorker.Signal(syscall.SIGKILL) }}
	case 6:
		return Fault{"kill a backend of postgres, which makes all begin anew", func() {
			if pid := r.postgresBackend(); pid > 0 {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}}
	}
	return Fault{"end the connections of postgres", func() {
		_ = r.QueryNumber(`select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and client_port is not null`)
	}}
}

// postgresBackend returns the process of a connection to Postgres, 0 where Postgres is away.
func (r *Rig) postgresBackend() int {
	return r.QueryNumber(`select coalesce(min(pid), 0) from pg_stat_activity where pid <> pg_backend_pid() and client_port is not null`)
}

// drawStall draws which process hangs, and for how long.
func (r *Rig) drawStall(dice *rand.Rand) Fault {
	lasts := time.Duration(500+dice.IntN(4500)) * time.Millisecond
	switch what := dice.IntN(6); what {
	case 0, 1, 2, 3:
		name := []string{"api", "worker", "temporal", "postgres"}[what]
		return Fault{fmt.Sprintf("stall %s for %s", name, lasts), func() {
			if r.PID(name) > 0 {
				goOn := r.Stall(name)
				<-time.After(lasts)
				goOn()
			}
		}}
	case 4:
		return Fault{fmt.Sprintf("stall the second api for %s", lasts), func() { r.SecondAPI.stall(lasts) }}
	}
	return Fault{fmt.Sprintf("stall the second worker for %s", lasts), func() { r.SecondWorker.stall(lasts) }}
}

// drawBrokenLink draws which link breaks, how, and for how long.
func (r *Rig) drawBrokenLink(dice *rand.Rand) Fault {
	name := []string{"postgres", "temporal", "wechat"}[dice.IntN(3)]
	link, lasts := r.links[name], time.Duration(500+dice.IntN(2500))*time.Millisecond
	switch dice.IntN(3) {
	case 0:
		return Fault{"cut the link to " + name, link.Cut}
	case 1:
		slow := time.Duration(50+dice.IntN(500)) * time.Millisecond
		return Fault{fmt.Sprintf("slow the link to %s by %s for %s", name, slow, lasts), func() {
			link.Delay.Store(int64(slow))
			<-time.After(lasts)
			link.Delay.Store(0)
		}}
	}
	return Fault{fmt.Sprintf("lose the answers of %s for %s", name, lasts), func() {
		link.LoseAnswers.Store(true)
		<-time.After(lasts)
		link.Cut() // what was lost stays lost
		link.LoseAnswers.Store(false)
	}}
}
