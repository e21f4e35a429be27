package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrNotRunning says that no Supervisor works in the folder, so there is nobody to ask. Its text is a sentence for people.
var ErrNotRunning = errors.New("wxdesk dev does not run in this folder")

// controlSocket is the socket's name in the run folder. Who may enter that folder may use it: the same user, and root.
const controlSocket = "control.sock"

// StopProcess asks the supervisor that works in dir to stop the process name, from another process: `wxdesk dev stop
// NAME`. It returns when the process is gone; it stays away until StartProcess.
func StopProcess(ctx context.Context, dir, name string) error {
	return control(ctx, dir, name, "stop")
}

// StartProcess asks the supervisor that works in dir to start the process name again. It returns when the process is
// ready, at once if it is already, and with an error if it cannot be brought up.
func StartProcess(ctx context.Context, dir, name string) error {
	return control(ctx, dir, name, "start")
}

// control posts to /NAME/stop or /NAME/start. The answer is 204, or a sentence.
func control(ctx context.Context, dir, name, act string) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialControl(ctx, dir) }}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://supervisor/"+name+"/"+act, nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w (%s)", ErrNotRunning, dir)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", act, name, err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNoContent {
		return nil
	}
	sentence, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	return fmt.Errorf("%s %s: %s", act, name, strings.TrimSpace(string(sentence)))
}

func dialControl(ctx context.Context, dir string) (net.Conn, error) {
	folder, err := os.Open(filepath.Join(dir, "run"))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	var d net.Dialer
	return d.DialContext(ctx, "unix", filepath.Join(shortPath(folder), controlSocket))
}

// controlServer answers on the socket until it is closed.
type controlServer struct {
	http   http.Server
	folder *os.File // the socket's address is relative to it, so it stays open as long
}

func serveControl(l net.Listener, folder *os.File, all []*runner) *controlServer {
	c := &controlServer{folder: folder}
	c.http.Handler = controlRoutes(all)
	c.http.ReadHeaderTimeout = 5 * time.Second
	go func() { _ = c.http.Serve(l) }() // ends with Close
	return c
}

func (c *controlServer) Close() error { return errors.Join(c.http.Close(), c.folder.Close()) }

func controlRoutes(all []*runner) http.Handler {
	mux := http.NewServeMux()
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
		mux.HandleFunc("POST /"+r.Name+"/stop", wishFor(r, stop))
		mux.HandleFunc("POST /"+r.Name+"/start", wishFor(r, start))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such process here: "+strings.Join(names, ", "), http.StatusNotFound)
	})
	return mux
}

// wishFor answers when the wish has come true.
func wishFor(r *runner, w wish) http.HandlerFunc {
	return func(res http.ResponseWriter, req *http.Request) {
		if err := r.askWithin(req.Context(), w); err != nil {
			http.Error(res, err.Error(), http.StatusConflict)
			return
		}
		res.WriteHeader(http.StatusNoContent)
	}
}
