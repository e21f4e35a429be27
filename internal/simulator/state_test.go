package simulator_test

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
func startProcess(t *testing.T, file string) (w *world, kill func()) {
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
	return &world{t: t, url: strings.TrimSpace(string(line[:n]))}, kill
}

func TestState_survivesAKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.jsonl")
	w, kill := startProcess(t, file)
	w.furnish(t)
	w.do("PATCH", "/_sim/settings", `{"window_messages":2}`, 200)
	w.upload("image", pngFile)
	w.act(`{"kind":"voice"}`)
	w.api("menu/create", `{"button":[{"type":"click","name":"Help","key":"HELP"}]}`)
	w.api("qrcode/create", `{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":7}}}`)
	w.say("你好")
	tok := w.accessToken()
	require.Equal(t, 0, w.send(tok, "a"))
	w.do("POST", "/_sim/clock", `{"advance":"3h"}`, 200)
	w.do("POST", "/_sim/clock", `{"advance":"10m"}`, 200)
	w.fault(`{"kind":"errcode","errcode":45011,"count":2}`)
	require.Equal(t, 45011, w.send(tok, "a"))
	w.do("PATCH", w.path("followers/"+openID), `{"blocked":true}`, 200)
	before := w.snapshot()
	kill()

	w2, kill2 := startProcess(t, file)
	require.Equal(t, before, w2.snapshot())
	w2.do("PATCH", w.path("followers/"+openID), `{"blocked":false}`, 200)
	require.Equal(t, 45011, w2.send(tok, "a"), "the fault's second time")
	require.Equal(t, 42001, w2.send(tok, "a"), "the clock and the token are known")
	require.Equal(t, 0, w2.send(w2.accessToken(), "b"))
	require.Equal(t, 45047, w2.send(w2.accessToken(), "c"), "the window is known")
	kill2()

	w3, _ := startProcess(t, file)
	require.Len(t, w3.screen(), 4, "also after the journal was written anew")
}

// furnish gives a fresh simulator the account, its server and the follower.
func (w *world) furnish(t *testing.T) {
	w.server = newAccountServer(t)
	w.do("PATCH", "/_sim/settings", `{"retry_after":"30ms"}`, 200)
	w.do("POST", "/_sim/accounts", fmt.Sprintf(
		`{"app_id":%q,"app_secret":%q,"original_id":%q,"token":%q,"encoding_aes_key":%q,"callback_url":%q}`,
		appID, secret, originalID, token, aesKey, w.server.url), 201)
	w.do("POST", w.path("followers"), `{"openid":"`+openID+`","name":"小明","quiet":true}`, 201)
}

// snapshot is all that can be seen, but for the clock's present.
func (w *world) snapshot() string {
	w.t.Helper()
	var b bytes.Buffer
	for _, path := range []string{
		"/_sim/accounts", "/_sim/faults", "/_sim/settings", w.path("followers"), w.path("callbacks"), w.path("usage"), w.path("followers/" + openID + "/screen?after=0"),
		w.path("media"), w.path("menu"), w.path("qrcodes"),
	} {
		out := w.do("GET", path, "", 200)
		delete(out, "rev") // of this process
		items, _ := out["items"].([]any)
		for _, it := range items {
			delete(it.(map[string]any), "rev")
		}
		text, err := json.Marshal(out)
		require.NoError(w.t, err)
		b.Write(append(text, '\n'))
	}
	ahead, _ := json.Marshal(w.do("GET", "/_sim/clock", "", 200)["ahead"])
	return b.String() + string(ahead)
}

func TestCallback_goesOnAfterAKillWithTheNextAttempt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.jsonl")
	w, kill := startProcess(t, file)
	w.furnish(t)
	arrived := make(chan struct{}, 9)
	w.server.answers(func(in received) (int, string) {
		arrived <- struct{}{}
		if in.n == 0 {
			<-in.gone
		}
		return 200, wrapped(textReply("hi"))
	})
	w.do("POST", w.path("followers/"+openID+"/say"), `{"text":"hello"}`, 202)
	<-arrived
	kill() // in the middle of the first attempt

	w2, _ := startProcess(t, file)
	<-arrived
	eventually(t, func() bool { return len(w2.heard()) == 1 }, "the answer shows")
	require.Equal(t, []string{"passive: hi"}, w2.heard())
	require.Equal(t, 2, w2.screen()[0].Attempts)
	got := w.server.received()
	require.Equal(t, got[0].inner, got[1].inner)
}

func TestCallback_isFailedAfterAKillDuringTheLastAttempt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.jsonl")
	w, kill := startProcess(t, file)
	w.furnish(t)
	w.do("PATCH", "/_sim/settings", `{"attempts":1}`, 200)
	arrived := make(chan struct{})
	w.server.answers(func(in received) (int, string) { close(arrived); <-in.gone; return 200, "" })
	w.do("POST", w.path("followers/"+openID+"/say"), `{"text":"hello"}`, 202)
	<-arrived
	kill()
	w2, _ := startProcess(t, file)
	require.Equal(t, []string{"notice: " + delivery.FaultNotice}, w2.heard())
	require.Equal(t, "failed", w2.screen()[0].Verdict)
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
	w := newWorldWith(t, simulator.Options{StateFile: file})
	w.say("hello")
	require.NoError(t, w.sim.Close())
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text, `{"shown":[{"app_id":"wx`...), 0o600))

	again := openWorld(t, simulator.Options{StateFile: file})
	require.Len(t, again.screen(), 1)
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

func TestReset_forgetsEverythingAndWakesWhoWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	block := make(chan struct{})
	w.server.answers(func(received) (int, string) { <-block; return 200, "" })
	t.Cleanup(func() { close(block) })
	waiting := make(chan answer)
	go func() { waiting <- w.try("POST", w.path("followers/"+openID+"/say?wait=true"), `{"text":"hello"}`) }()
	eventually(t, func() bool { return len(w.server.received()) == 1 }, "it is on its way")
	w.do("POST", "/_sim/reset", "", 200)
	require.Contains(t, (<-waiting).json["error"], "reset")
	require.Empty(t, get[any](w, "/_sim/accounts"))
	require.Equal(t, "5s", w.do("GET", "/_sim/settings", "", 200)["retry_after"])
}
