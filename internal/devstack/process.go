package devstack

import (
	"context"
	"os/exec"
	"syscall"
	"time"
)

// Process is what a Supervisor has to know about one process.
type Process struct {
	// Name is how people and files call it: lower case, no spaces.
	Name string
	// Prepare, if there is one, runs before the first start: what may take minutes, as compiling does. Its context ends when the
	// process is not to be started any more. An error ends the start of all.
	Prepare func(context.Context) error
	// Background says that those after it do not wait until it is ready.
	Background bool
	// Command makes the command for each start. Output goes to the log file, unless Command sets it.
	Command func() (*exec.Cmd, error)
	// Ready says nil once the process can be used. It is asked every 20 ms until it does; ErrGiveUp ends that at once.
	// Without it a process is ready when it runs.
	Ready func(context.Context) error
	// ReadyTimeout is how long that may take; default 60 s.
	ReadyTimeout time.Duration
	// AfterReady, if there is one, runs when the process is ready for the first time, before the next one starts if that waits. An
	// error ends the start of all.
	AfterReady func(context.Context) error
	// StopSignal asks the process to end; default SIGTERM.
	StopSignal syscall.Signal
	// StopTimeout is how long it may take to end before it is killed; default 10 s.
	StopTimeout time.Duration
}

func (p Process) withDefaults() Process {
	if p.Ready == nil {
		p.Ready = func(context.Context) error { return nil }
	}
	if p.ReadyTimeout == 0 {
		p.ReadyTimeout = 60 * time.Second
	}
	if p.StopSignal == 0 {
		p.StopSignal = syscall.SIGTERM
	}
	if p.StopTimeout == 0 {
		p.StopTimeout = 10 * time.Second
	}
	return p
}

// patience is how many crashes in a row are followed by a prompt restart. After that, callers who wait for the process get an error.
const patience = 5

// steadyAfter is how long a process must live for its next crash to count as the first.
const steadyAfter = 10 * time.Second

// restartPause is the time between the given crash in a row and the next start: promptly at first, then longer and
// longer, half a minute at most.
func restartPause(crash int) time.Duration {
	if crash <= patience {
		return 200 * time.Millisecond
	}
	return min(time.Second<<min(crash-patience-1, 5), 30*time.Second)
}
