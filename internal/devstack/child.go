package devstack

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// ErrGiveUp says that it is no use to ask again whether a process is ready, because only a person can help: a wrong
// password, say. A Ready function wraps it.
var ErrGiveUp = errors.New("waiting will not help")

// readyPause is the time between two questions whether a process is ready.
const readyPause = 20 * time.Millisecond

// child is a running process that dies with us and that we have to wait for.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process is gone and its exit is in err
	err  error         // how it ended, see exec.Cmd.Wait; read it only after done
}

// launch starts cmd in a process group of its own, tied to the life of this process.
//
// Linux sends the parent-death signal when the thread that forked ends, not the process. So one goroutine, locked to
// its thread, starts the child and stays on that thread until the child is gone.
func launch(cmd *exec.Cmd) (*child, error) {
	attr := sysProcAttr(cmd)
	attr.Setpgid = true
	dieWithParent(attr, syscall.SIGKILL)
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = time.Second // grandchildren may hold the output pipe a little longer
	}
	c := &child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.err = cmd.Wait()
			close(c.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// sysProcAttr returns cmd's attributes, made on first use.
func sysProcAttr(cmd *exec.Cmd) *syscall.SysProcAttr {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	return cmd.SysProcAttr
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// await asks ready again and again until it says nil. It gives up when the process ends, when ready wraps ErrGiveUp,
// and when ctx ends; that error then holds ready's last reason.
func (c *child) await(ctx context.Context, ready func(context.Context) error) error {
	for {
		err := ready(ctx)
		if err == nil || errors.Is(err, ErrGiveUp) {
			return err
		}
		select {
		case <-c.done:
			return fmt.Errorf("it ended before it was ready: %s", c.ending())
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(readyPause):
		}
	}
}

// ending says in words how the process ended: "exit status 1", "signal: killed".
func (c *child) ending() string {
	if c.err == nil {
		return "exit status 0"
	}
	return c.err.Error()
}

// stop asks the process to end and waits until it is gone. After grace its whole group is killed.
func (c *child) stop(signal syscall.Signal, grace time.Duration) {
	_ = c.cmd.Process.Signal(signal) // fails only if it is gone already
	select {
	case <-c.done:
	case <-time.After(grace):
		c.kill()
	}
}

// kill ends the process and its group with SIGKILL and waits until it is gone.
func (c *child) kill() {
	select {
	case <-c.done: // its number may belong to somebody else by now
		return
	default:
	}
	_ = syscall.Kill(-c.pid(), syscall.SIGKILL)
	<-c.done
}
