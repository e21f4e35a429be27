//go:build unix && !linux

package devstack

import (
	"errors"
	"os"
	"syscall"
)

// dieWithParent has no counterpart here: a parent killed with SIGKILL leaves its children running.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

func mayEnterAnywhere(*syscall.SysProcAttr) error {
	return errors.New("only Linux lets another user enter folders that are root's")
}

// postgresIn cannot be answered without /proc.
func postgresIn(string) []int { return nil }

// shortPath has no trick to offer here: a deep folder is too long for a unix socket.
func shortPath(folder *os.File) string { return folder.Name() }
