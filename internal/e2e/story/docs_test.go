package story_test

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// reader is the script of somebody who reads the documents and does what they say.
const reader = "testdata/docs.txtar"

// documents are the pages whose shell blocks the reader runs, in the order of reading.
var documents = []string{"README.md", "docs/desk.md", "docs/bots.md", "docs/simulator.md", "docs/people.md"}

// notRun lists the shell blocks that the test cannot run, with the reason.
var notRun = map[string]string{
	"README.md: Try it, 1": "make dev compiles for minutes and takes fixed ports; the test starts the same `wxdesk dev` on free ones",
}

func TestDocs_everyShellBlockIsRunOrListed(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile(reader)
	require.NoError(t, err)
	var run []string
	for _, line := range regexp.MustCompile(`(?m)^(?:paste|follow) '(.+)'$`).FindAllStringSubmatch(string(script), -1) {
		if !slices.Contains(run, line[1]) {
			run = append(run, line[1])
		}
	}

	var written []string
	for _, b := range blocksOf(t, documents...) {
		require.NotEmptyf(t, b.language, "%s: say in which language it is, sh for the shell", b.name)
		if b.language == "sh" && notRun[b.name] == "" {
			written = append(written, b.name)
		}
	}
	require.Equal(t, written, run, "the blocks that the script runs are those of the documents, in their order")
	names := maps.Collect(shellBlocks(t))
	for name := range notRun {
		require.Containsf(t, names, name, "notRun names a block that is not there")
	}
}

func TestDocs_shellBlocksWork(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	likeAClone(s)
	bot := harness.Addr(harness.FreePorts(t, 1)[0])
	r := &docsReader{
		s: s, blocks: maps.Collect(shellBlocks(t)), terminals: map[string]*terminal{}, phones: map[string]*phone{},
		addresses: strings.NewReplacer("127.0.0.1:8080", s.HTTPAddr, "127.0.0.1:8090", s.SimulatorAddr, "127.0.0.1:8099", bot),
	}
	t.Cleanup(r.leave)
	testscript.Run(t, testscript.Params{Files: []string{reader}, Cmds: map[string]func(*testscript.TestScript, bool, []string){
		"terminal":  r.command(1, r.useTerminal),
		"paste":     r.command(1, r.paste),
		"follow":    r.command(1, r.follow),
		"shows":     r.command(1, r.shows),
		"interrupt": r.command(1, r.interrupt),
		"says":      r.command(2, r.says),
		"reads":     r.command(2, r.reads),
	}})
}

// likeAClone puts into the system's folder what the blocks use of a clone of the repository.
func likeAClone(s *harness.System) {
	s.T.Helper()
	const bot = "examples/webhook-bot"
	require.NoError(s.T, os.CopyFS(filepath.Join(s.Dir, bot), os.DirFS(filepath.Join(repository(s.T), bot))))
	require.NoError(s.T, os.WriteFile(filepath.Join(s.Dir, "go.mod"), []byte("module wxdesk\n\ngo 1.26\n"), 0o600))
	require.NoError(s.T, os.Mkdir(filepath.Join(s.Dir, "bin"), 0o700))
	require.NoError(s.T, os.Symlink(harness.Binary, filepath.Join(s.Dir, "bin", "wxdesk")))
}

// repository is the folder of go.mod.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		require.NotEqual(t, filepath.Dir(dir), dir, "no go.mod in any folder above the test")
		dir = filepath.Dir(dir)
	}
}

// docsBlock is a block of code in a document.
type docsBlock struct {
	name     string // the document, the heading above it, and its number below that heading
	language string
	text     string
}

// blocksOf reads the blocks of code of the documents, in order.
func blocksOf(t testing.TB, documents ...string) (all []docsBlock) {
	t.Helper()
	for _, document := range documents {
		text, err := os.ReadFile(filepath.Join(repository(t), document))
		require.NoError(t, err)
		heading, n, inside := "", 0, false
		for line := range strings.Lines(string(text)) {
			fence, isFence := strings.CutPrefix(line, "```")
			switch {
			case isFence && !inside:
				n++
				all = append(all, docsBlock{name: fmt.Sprintf("%s: %s, %d", document, heading, n), language: strings.TrimSpace(fence)})
				inside = true
			case isFence:
				inside = false
			case inside:
				all[len(all)-1].text += line
			case strings.HasPrefix(line, "#"):
				heading, n = strings.TrimSpace(strings.TrimLeft(line, "#")), 0
			}
		}
	}
	return all
}

// shellBlocks are the shell blocks of the documents by name.
func shellBlocks(t testing.TB) func(yield func(name, text string) bool) {
	t.Helper()
	return func(yield func(name, text string) bool) {
		for _, b := range blocksOf(t, documents...) {
			if b.language == "sh" && !yield(b.name, b.text) {
				return
			}
		}
	}
}

// docsReader does what the script says.
type docsReader struct {
	s         *harness.System
	blocks    map[string]string
	addresses *strings.Replacer // from the addresses of the documents to those of the system
	terminals map[string]*terminal
	now       *terminal
	phones    map[string]*phone
}

// phone is that of one customer.
type phone struct {
	harness.Customer
	read int // answers
}

// command makes a command of the script, with n arguments.
func (*docsReader) command(n int, do func(ts *testscript.TestScript, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != n {
			ts.Fatalf("takes %d arguments, and no !", n)
		}
		do(ts, args)
	}
}

// until polls until something holds.
func (*docsReader) until(ts *testscript.TestScript, atMost time.Duration, holds func() bool, complaint func() string) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(atMost); !holds(); <-look.C {
		if time.Now().After(deadline) {
			ts.Fatalf("not within %s: %s", atMost, complaint())
		}
	}
}

// useTerminal turns to a terminal, which is opened the first time.
func (r *docsReader) useTerminal(ts *testscript.TestScript, args []string) {
	if r.terminals[args[0]] == nil {
		t, err := openTerminal(r.s.Dir, r.s.Env)
		ts.Check(err)
		r.terminals[args[0]] = t
	}
	r.now = r.terminals[args[0]]
}

// problem matches the problem document of a request that was refused.
var problem = regexp.MustCompile(`"status": ?[45]\d\d`)

// paste runs a block in the terminal in use. No command and no request of the block may fail.
func (r *docsReader) paste(ts *testscript.TestScript, args []string) {
	r.follow(ts, args)
	r.now.pastes++
	done := fmt.Sprintf("\n%s %d\n", endOfBlock, r.now.pastes)
	_, err := fmt.Fprintf(r.now.in, "printf '\\n%%s %d\\n' %s\n", r.now.pastes, endOfBlock)
	ts.Check(err)
	r.until(ts, 5*time.Minute, func() bool { return strings.Contains(r.now.output(), done) },
		func() string { return args[0] + " does not end:\n" + r.now.output() })
	if strings.Contains(r.now.output(), failure) || problem.MatchString(r.now.output()) {
		ts.Fatalf("%s fails:\n%s", args[0], r.now.output())
	}
}

// follow begins a block that does not end by itself.
func (r *docsReader) follow(ts *testscript.TestScript, args []string) {
	text, known := r.blocks[args[0]]
	if !known || r.now == nil {
		ts.Fatalf("no such block, or no terminal to paste it into")
	}
	r.now.from = len(r.now.everything())
	_, err := io.WriteString(r.now.in, r.addresses.Replace(text))
	ts.Check(err)
}

// shows waits until the output of the last block matches.
func (r *docsReader) shows(ts *testscript.TestScript, args []string) {
	want := regexp.MustCompile(args[0])
	r.until(ts, 30*time.Second, func() bool { return want.MatchString(r.now.output()) },
		func() string { return fmt.Sprintf("the terminal shows %q:\n%s", args[0], r.now.output()) })
}

// interrupt is Ctrl-C, and closes the terminal.
func (r *docsReader) interrupt(ts *testscript.TestScript, args []string) {
	ts.Check(r.terminals[args[0]].close())
	delete(r.terminals, args[0])
}

// says writes as a customer, whom the phone page offers or who is new. WeChat must be told that the message is taken.
func (r *docsReader) says(ts *testscript.TestScript, args []string) {
	if r.phones[args[0]] == nil {
		r.phones[args[0]] = &phone{Customer: r.s.NewCustomer()}
	}
	if !r.phones[args[0]].WriteAccepted(args[1]) {
		ts.Fatalf("the message is not taken")
	}
}

// reads waits for the customer's next answer, which must match.
func (r *docsReader) reads(ts *testscript.TestScript, args []string) {
	p := r.phones[args[0]]
	var answers []string
	r.until(ts, time.Minute, func() bool { answers = p.Answers(); return len(answers) > p.read },
		func() string { return "an answer to " + args[0] + " after " + strings.Join(answers, " / ") })
	if answer := answers[p.read]; !regexp.MustCompile(args[1]).MatchString(answer) {
		ts.Fatalf("%s reads %q", args[0], answer)
	}
	p.read++
}

// leave closes what is open.
func (r *docsReader) leave() {
	for _, t := range r.terminals {
		_ = t.close() // it has served its purpose
	}
}

// What a terminal prints when a block is done, and when a command fails.
const (
	endOfBlock = "end-of-block"
	failure    = "command-failed:"
)

// terminal is a shell that reads from the keyboard.
type terminal struct {
	shell  *exec.Cmd
	in     io.WriteCloser
	screen string // the file with all that it has shown
	from   int    // where the output of the last block begins
	pastes int
}

func openTerminal(dir string, env []string) (*terminal, error) {
	screen, err := os.CreateTemp(dir, "terminal-")
	if err != nil {
		return nil, err
	}
	defer screen.Close() //nolint:errcheck // the shell has it
	t := &terminal{shell: exec.Command("bash", "--noprofile", "--norc", "-s"), screen: screen.Name()}
	t.shell.Dir, t.shell.Env = dir, env
	t.shell.Stdout, t.shell.Stderr = screen, screen
	t.shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that all that it has started can be ended
	if t.in, err = t.shell.StdinPipe(); err != nil {
		return nil, err
	}
	if err := t.shell.Start(); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(t.in, "trap 'echo \"%s $BASH_COMMAND\"' ERR\n", failure)
	return t, err
}

// close ends the shell and all that it has started.
func (t *terminal) close() error {
	err := syscall.Kill(-t.shell.Process.Pid, syscall.SIGTERM)
	_ = t.shell.Wait() // killed
	return err
}

// everything is what the terminal has shown.
func (t *terminal) everything() string {
	text, _ := os.ReadFile(t.screen) // it is there
	return string(text)
}

// output is what it has shown since the last block was pasted.
func (t *terminal) output() string { return t.everything()[t.from:] }
