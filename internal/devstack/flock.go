package devstack

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// errLocked says that somebody else holds a file lock.
var errLocked = errors.New("the lock is taken")

// lockPause is the time between two tries to take a lock.
const lockPause = 50 * time.Millisecond

// tryLock takes the lock of the file path, made if need be, or says errLocked. Closing the file gives the lock back, and
// so does the end of the process; a child that inherits the file keeps the lock as long as it lives (flock(2)).
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, &os.PathError{Op: "lock", Path: path, Err: err}
}

// waitLock is tryLock that waits its turn until ctx ends.
func waitLock(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := tryLock(path)
		if !errors.Is(err, errLocked) {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, &os.PathError{Op: "lock", Path: path, Err: context.Cause(ctx)}
		case <-time.After(lockPause):
		}
	}
}
