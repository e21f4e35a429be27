package state_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator"
	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/simulatortest"
)

// TestMain lets this binary be a simulator in a process of its own, one that can be killed.
func TestMain(m *testing.M) {
	if file := os.Getenv("SIMULATOR_STATE_FILE"); file != "" {
		sim, err := simulator.New(simulator.Options{StateFile: file})
		if err != nil {
			panic(err)
		}
		fmt.Println(httptest.NewServer(sim.Handler()).URL)
		select {}
	}
	os.Exit(m.Run())
}

// startProcess runs a simulator that a test may kill.
func startProcess(t *testing.T, file string) (w *simulatortest.World, kill func()) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), "SIMULATOR_STATE_FILE="+file)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line := make([]byte, 256)
	n, err := out.Read(line)
	require.NoError(t, err)
	kill = func() {
		_ = cmd.Process.Kill() // SIGKILL
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	return simulatortest.At(t, strings.TrimSpace(string(line[:n]))), kill
}

func TestState_survivesAKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.jsonl")
	w, kill := startProcess(t, file)
	w.Furnish()
	w.Do("PATCH", "/_sim/settings", `{"window_messages":2}`, 200)
	w.Upload("image", simulatortest.PNG)
	w.Act(`{"kind":"voice"}`)
	w.API("menu/create", `{"button":[{"type":"click","name":"Help","key":"HELP"}]}`)
	w.API("qrcode/create", `{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":7}}}`)
	w.Say("你好")
	tok := w.AccessToken()
	require.Equal(t, 0, w.Send(tok, "a"))
	w.Do("POST", "/_sim/clock", `{"advance":"3h"}`, 200)
	w.Do("POST", "/_sim/clock", `{"advance":"10m"}`, 200)
	w.Fault(`{"kind":"errcode","errcode":45011,"count":2}`)
	require.Equal(t, 45011, w.Send(tok, "a"))
	w.Do("PATCH", w.Path("followers/"+simulatortest.OpenID), `{"blocked":true}`, 200)
	before := snapshot(t, w)
	kill()

	w2, kill2 := startProcess(t, file)
	require.Equal(t, before, snapshot(t, w2))
	w2.Do("PATCH", w.Path("followers/"+simulatortest.OpenID), `{"blocked":false}`, 200)
	require.Equal(t, 45011, w2.Send(tok, "a"), "the fault's second time")
	require.Equal(t, 42001, w2.Send(tok, "a"), "the clock and the token are known")
	require.Equal(t, 0, w2.Send(w2.AccessToken(), "b"))
	require.Equal(t, 45047, w2.Send(w2.AccessToken(), "c"), "the window is known")
	kill2()

	w3, _ := startProcess(t, file)
	require.Len(t, w3.Screen(), 4, "also after the journal was written anew")
}

// snapshot is all that can be seen, except the clock's present.
func snapshot(t *testing.T, w *simulatortest.World) string {
	t.Helper()
	var b bytes.Buffer
	for _, path := range []string{
		"/_sim/accounts", "/_sim/faults", "/_sim/settings", w.Path("followers"), w.Path("callbacks"), w.Path("usage"), w.Path("followers/" + simulatortest.OpenID + "/screen?after=0"),
		w.Path("media"), w.Path("menu"), w.Path("qrcodes"),
	} {
		out := w.Do("GET", path, "", 200)
		delete(out, "rev") // of this process
		items, _ := out["items"].([]any)
		for _, it := range items {
			delete(it.(map[string]any), "rev")
		}
		text, err := json.Marshal(out)
		require.NoError(t, err)
		b.Write(append(text, '\n'))
	}
	ahead, _ := json.Marshal(w.Do("GET", "/_sim/clock", "", 200)["ahead"])
	return b.String() + string(ahead)
}

func TestCallback_goesOnAfterAKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.jsonl")
	w, kill := startProcess(t, file)
	w.Furnish()
	arrived := make(chan struct{}, 9)
	w.Server.Answers(func(in simulatortest.Received) (int, string) {
		arrived <- struct{}{}
		if in.N == 0 {
			<-in.Gone
		}
		return 200, simulatortest.Wrapped(simulatortest.TextReply("hi"))
	})
	w.Do("POST", w.Path("followers/"+simulatortest.OpenID+"/say"), `{"text":"hello"}`, 202)
	<-arrived
	kill() // in the middle of the first attempt

	w2, _ := startProcess(t, file)
	<-arrived
	simulatortest.Eventually(t, func() bool { return len(w2.Heard()) == 1 }, "the answer shows")
	require.Equal(t, []string{"passive: hi"}, w2.Heard())
	require.Equal(t, 2, w2.Screen()[0].Attempts)
	got := w.Server.Received()
	require.Equal(t, got[0].Inner, got[1].Inner)
}

func TestCallback_failsAfterAKillInTheLastAttempt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.jsonl")
	w, kill := startProcess(t, file)
	w.Furnish()
	w.Do("PATCH", "/_sim/settings", `{"attempts":1}`, 200)
	arrived := make(chan struct{})
	w.Server.Answers(func(in simulatortest.Received) (int, string) { close(arrived); <-in.Gone; return 200, "" })
	w.Do("POST", w.Path("followers/"+simulatortest.OpenID+"/say"), `{"text":"hello"}`, 202)
	<-arrived
	kill()
	w2, _ := startProcess(t, file)
	require.Equal(t, []string{"notice: " + delivery.FaultNotice}, w2.Heard())
	require.Equal(t, "failed", w2.Screen()[0].Verdict)
}

func TestState_belongsToOneProcessAtATime(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.jsonl")
	first, err := simulator.New(simulator.Options{StateFile: file})
	require.NoError(t, err)
	_, err = simulator.New(simulator.Options{StateFile: file})
	require.ErrorContains(t, err, "in use")
	require.NoError(t, first.Close())
	require.NoError(t, first.Close(), "closing twice is nothing")
	second, err := simulator.New(simulator.Options{StateFile: file})
	require.NoError(t, err)
	require.NoError(t, second.Close())
}

func TestState_leavesOutALineThatAKillCutOff(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.jsonl")
	w := simulatortest.NewWith(t, simulator.Options{StateFile: file})
	w.Say("hello")
	require.NoError(t, w.Simulator.Close())
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text, `{"shown":[{"app_id":"wx`...), 0o600))

	again := simulatortest.Open(t, simulator.Options{StateFile: file})
	require.Len(t, again.Screen(), 1)
}

func TestState_refusesADamagedFile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"another program's": "hello\n",
		"another version":   `{"simulator_journal":2}` + "\n",
		"a damaged line":    `{"simulator_journal":1}` + "\n{\"ahead\":\"x\n{}\n",
	} {
		file := filepath.Join(t.TempDir(), "wechat.jsonl")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := simulator.New(simulator.Options{StateFile: file})
		require.Error(t, err, name)
		kept, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, text, string(kept), "it is left as it was")
	}
}

func TestReset_forgetsEverythingAndNotifies(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	block := make(chan struct{})
	w.Server.Answers(func(simulatortest.Received) (int, string) { <-block; return 200, "" })
	t.Cleanup(func() { close(block) })
	waiting := make(chan simulatortest.Answer)
	go func() {
		waiting <- w.Try("POST", w.Path("followers/"+simulatortest.OpenID+"/say?wait=true"), `{"text":"hello"}`)
	}()
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 1 }, "it is on its way")
	w.Do("POST", "/_sim/reset", "", 200)
	require.Contains(t, (<-waiting).JSON["error"], "reset")
	require.Empty(t, simulatortest.Get[any](w, "/_sim/accounts"))
	require.Equal(t, "5s", w.Do("GET", "/_sim/settings", "", 200)["retry_after"])
}
