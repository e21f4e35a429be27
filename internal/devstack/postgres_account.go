package devstack

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that Postgres runs as.
type account struct {
	uid, gid int
	foreign  bool // another one than ours: we are root, and Postgres refuses to run as root
}

// accountFor chooses the user for the data folder dir. An ordinary user is that user. Root takes the folder's owner, so
// that a clone of somebody's keeps working for them, else the user "postgres", else "nobody".
func accountFor(dir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	if info, err := os.Stat(dir); err == nil {
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 0 {
			return account{uid: int(owner.Uid), gid: int(owner.Gid), foreign: true}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if errUID == nil && errGID == nil && uid != 0 {
			return account{uid: uid, gid: gid, foreign: true}, nil
		}
	}
	return account{}, fmt.Errorf("postgres refuses to run as root, and there is no user postgres or nobody to run it as: add one (`useradd -r postgres`), or work as an ordinary user")
}

// own hands what is at path to the account, with all that is in it. What belongs to the account already is left alone:
// its owner may have put links to other people's files there. The top comes last, so that a killed hand-over is repeated.
func (a account) own(path string) error {
	info, err := os.Lstat(path)
	if err != nil || !a.foreign || int(info.Sys().(*syscall.Stat_t).Uid) == a.uid {
		return err
	}
	err = filepath.WalkDir(path, func(inside string, _ fs.DirEntry, err error) error {
		if err != nil || inside == path {
			return err
		}
		return os.Lchown(inside, a.uid, a.gid)
	})
	if err != nil {
		return err
	}
	return os.Lchown(path, a.uid, a.gid)
}

// command is a program that the account runs on the folder dir. It sees nothing of our environment but what programs
// need to run at all, least of all PGHOST and its like, and it stands in the root folder, which everybody may enter.
func (a account) command(ctx context.Context, dir, program string, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=" + os.Getenv("PATH")}
	if !a.foreign {
		return cmd, nil
	}
	attr := sysProcAttr(cmd)
	attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	if closed := a.closedFolder(program); closed != "" {
		return nil, fmt.Errorf("postgres runs as user %d here and cannot reach its program %s, because only root may enter %s: install PostgreSQL elsewhere", a.uid, program, closed)
	}
	if a.closedFolder(dir) == "" {
		return cmd, nil
	}
	if err := mayEnterAnywhere(attr); err != nil {
		return nil, fmt.Errorf("postgres runs as user %d here and cannot reach %s: %w", a.uid, dir, err)
	}
	return cmd, nil
}

// closedFolder gives the first folder on the way to path that the account may not enter, or "".
func (a account) closedFolder(path string) string {
	folder := filepath.Dir(path)
	if folder != path {
		if closed := a.closedFolder(folder); closed != "" {
			return closed
		}
	}
	info, err := os.Stat(folder)
	if err != nil {
		return ""
	}
	owner, mode := info.Sys().(*syscall.Stat_t), info.Mode().Perm()
	enter := fs.FileMode(0o001)
	if int(owner.Gid) == a.gid {
		enter = 0o010
	}
	if int(owner.Uid) == a.uid {
		enter = 0o100
	}
	if mode&enter == 0 {
		return folder
	}
	return ""
}

// shortTemp is the folder for temporary files, or /tmp if that one is too deep for a unix socket (107 bytes,
// unix(7)) or closed to the account.
func shortTemp(a account) string {
	dir := os.TempDir()
	if len(dir) > maxSocketFolder-len("/wxdesk-test-1234567890/postgres") || a.foreign && a.closedFolder(filepath.Join(dir, "x")) != "" {
		return "/tmp"
	}
	return dir
}
