package devstack

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Capabilities that let a process enter folders whose permissions forbid it (capabilities(7)).
const (
	capDACOverride   = 1 // and write there, too
	capDACReadSearch = 2
)

// dieWithParent makes the kernel send signal to the child when we end, however we end. The first signal asked for stays.
func dieWithParent(attr *syscall.SysProcAttr, signal syscall.Signal) {
	if attr.Pdeathsig == 0 {
		attr.Pdeathsig = signal
	}
}

// mayEnterAnywhere lets the child, which runs as another user, walk through folders that only root may enter: an
// ambient capability survives both the change of user and exec. It asks for the smaller capability and takes the larger
// if a container withholds the smaller (Docker's default set has only the larger).
func mayEnterAnywhere(attr *syscall.SysProcAttr) error {
	held, err := permittedCapabilities()
	if err != nil {
		return err
	}
	for _, capability := range []uintptr{capDACReadSearch, capDACOverride} {
		if held&(1<<capability) != 0 {
			attr.AmbientCaps = []uintptr{capability}
			return nil
		}
	}
	return fmt.Errorf("this root holds neither CAP_DAC_READ_SEARCH nor CAP_DAC_OVERRIDE to pass on")
}

// permittedCapabilities reads our permitted set as a bit mask.
func permittedCapabilities() (uint64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(status), "\nCapPrm:")
	if !found {
		return 0, fmt.Errorf("/proc/self/status has no line CapPrm")
	}
	line, _, _ := strings.Cut(rest, "\n")
	return strconv.ParseUint(strings.TrimSpace(line), 16, 64)
}

// postgresIn lists the server processes that work in the data folder dir. It tells them by their working directory, or,
// where we may not see that (another user's process, in a container without CAP_SYS_PTRACE), by their command line.
func postgresIn(dir string) []int {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil // nothing works in a folder that is not there
	}
	names, _ := filepath.Glob("/proc/[0-9]*/comm")
	var pids []int
	for _, name := range names {
		if comm, err := os.ReadFile(name); err != nil || string(comm) != "postgres\n" {
			continue
		}
		proc := filepath.Dir(name)
		cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
		if err == nil && cwd != real {
			continue
		}
		if err != nil && !hasArguments(proc, "-D", dir) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(proc)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// hasArguments tells whether a process's command line holds these arguments in a row.
func hasArguments(proc string, args ...string) bool {
	line, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	return err == nil && strings.Contains(string(line), "\x00"+strings.Join(args, "\x00")+"\x00")
}

// shortPath names an open folder in few characters. A unix socket's path is limited to 107 bytes (unix(7)), and this
// one stays short however deep the folder lies.
func shortPath(folder *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", folder.Fd()) }
