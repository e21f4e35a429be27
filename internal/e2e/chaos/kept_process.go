package chaos

import (
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"wxdesk/internal/e2e/harness"
)

// KeptProcess is an API or a worker beside those of `wxdesk dev` that is started again whenever it ends, as they are.
type KeptProcess struct {
	log    *harness.Output
	mu     sync.Mutex
	cmd    *exec.Cmd
	ending chan struct{}
	done   chan struct{}
}

// keep starts a process with the settings. It ends with the test, and fails it where the race detector has reported a race.
func keep(s *harness.System, settings []string, role string) *KeptProcess {
	k := &KeptProcess{log: &harness.Output{}, ending: make(chan struct{}), done: make(chan struct{})}
	go k.run(s, settings, role)
	s.T.Cleanup(func() {
		close(k.ending)
		k.Signal(syscall.SIGCONT)
		k.Signal(syscall.SIGKILL)
		<-k.done
		if strings.Contains(k.log.String(), "WARNING: DATA RACE") {
			s.T.Errorf("data race in the second %s:\n%s", role, k.log)
		}
	})
	return k
}

// run starts the process again and again until the test ends.
func (k *KeptProcess) run(s *harness.System, settings []string, role string) {
	defer close(k.done)
	for {
		cmd := exec.Command(harness.Binary, role)
		cmd.Dir, cmd.Env, cmd.Stderr = s.Dir, settings, k.log
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		k.mu.Lock()
		err := cmd.Start()
		k.cmd = cmd
		k.mu.Unlock()
		if err != nil {
			s.T.Errorf("start the second %s: %v", role, err)
			return
		}
		_ = cmd.Wait()
		select {
		case <-k.ending:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// CountInLog returns how often a word stands in the log of the process.
func (k *KeptProcess) CountInLog(word string) int { return strings.Count(k.log.String(), word) }

// PID returns the id of the process that runs now.
func (k *KeptProcess) PID() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cmd.Process.Pid
}

// Signal sends a signal to the process where one runs.
func (k *KeptProcess) Signal(sig syscall.Signal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cmd != nil && k.cmd.Process != nil {
		_ = k.cmd.Process.Signal(sig)
	}
}

// stall stops the process for a while.
func (k *KeptProcess) stall(lasts time.Duration) {
	k.Signal(syscall.SIGSTOP)
	<-time.After(lasts)
	k.Signal(syscall.SIGCONT)
}
