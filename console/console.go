// Package console serves the desk in the browser: a page that was built from src. The build is committed in dist, so that the desk is there
// where only Go is installed. The package holds no rule of its own and no secret. The page reads everything that it shows through the HTTP
// API, like any other client.
//
// The page may load only what is built with it. Its policy forbids every script, style, font and picture from elsewhere, and every
// string that would become markup (Trusted Types). README.md says how to change it.
package console

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed dist
var built embed.FS

// The handler serves everything of a build below a name that no other build has. So files never change under their address, and a
// browser may keep them for a year.
const (
	assets  = "/assets/"
	forever = "public, max-age=31536000, immutable"
	// noncePlace stands in the built page wherever the nonce belongs (vite.config.ts).
	noncePlace = "NONCE"
	// worthZipping is the size from which files are compressed: below, a file fits into one packet either way.
	worthZipping = 1 << 10
)

// Handler serves the page at every address but those below /assets/, where its files are. It answers GET and HEAD, and 405 to all else.
type Handler struct {
	page  string // with the addresses of its files, without the nonce
	base  string // "/assets/<build>/"
	files map[string]file
}

// file is one file of the build, plain and compressed; zipped is nil where that saves nothing.
type file struct {
	kind          string
	plain, zipped []byte
}

// New reads the build that is part of this program. It fails only where the program was built from a broken one.
func New() (*Handler, error) {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the console's build: %w", err)
	}
	return newHandler(dist)
}

func newHandler(dist fs.FS) (*Handler, error) {
	h := &Handler{files: map[string]file{}}
	sum := sha256.New()
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(text))
		sum.Write(text)
		switch name {
		case "index.html":
			h.page = string(text)
		case "BUILD":
		default:
			h.files[name] = file{kind: kindOf(name), plain: text, zipped: zip(text)}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the console's build: %w", err)
	}
	if !strings.Contains(h.page, noncePlace) {
		return nil, fmt.Errorf("the console's index.html has no place for the nonce: build it again with make console")
	}
	h.base = assets + hex.EncodeToString(sum.Sum(nil))[:12] + "/"
	h.page = strings.ReplaceAll(h.page, `"./`, `"`+h.base)
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	harden(w.Header())
	if strings.HasPrefix(r.URL.Path, assets) {
		h.serveFile(w, r)
		return
	}
	h.servePage(w, r)
}

// servePage answers with the page and a new nonce. A cache has to ask for the page each time, so that no nonce is used twice. The page is
// short, and is not compressed.
func (h *Handler) servePage(w http.ResponseWriter, r *http.Request) {
	nonce := newNonce()
	header := w.Header()
	header.Set("Content-Security-Policy", policy(nonce))
	header.Set("Cache-Control", "no-cache, private")
	header.Set("Content-Type", "text/html; charset=utf-8")
	send(w, r, []byte(strings.ReplaceAll(h.page, noncePlace, nonce)))
}

// serveFile answers with a file of this build. A page of an earlier build finds none: it has to be opened again.
func (h *Handler) serveFile(w http.ResponseWriter, r *http.Request) {
	name, ours := strings.CutPrefix(r.URL.Path, h.base)
	f, found := h.files[name]
	header := w.Header()
	if !ours || !found {
		header.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	header.Set("Cache-Control", forever)
	header.Set("Content-Type", f.kind)
	if f.zipped == nil {
		send(w, r, f.plain)
		return
	}
	header.Set("Vary", "Accept-Encoding")
	if !takesGzip(r) {
		send(w, r, f.plain)
		return
	}
	header.Set("Content-Encoding", "gzip")
	send(w, r, f.zipped)
}

func send(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// policy says what the page may load and do. The nonce is for style elements that the component library adds. Scripts come from files alone.
func policy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self' 'nonce-" + nonce + "'",
		"connect-src 'self'",
		"img-src 'self' blob:",
		"media-src 'self' blob:",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
		"trusted-types default",
		"require-trusted-types-for 'script'",
	}, "; ")
}

func harden(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
}

func newNonce() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, and ends the program where there is no randomness
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3). A browser that does not name gzip gets plain files, which every browser can read.
func takesGzip(r *http.Request) bool {
	for one := range strings.SplitSeq(strings.ToLower(r.Header.Get("Accept-Encoding")), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(one), ";")
		if strings.TrimSpace(name) != "gzip" {
			continue
		}
		text, weighted := strings.CutPrefix(strings.TrimSpace(quality), "q=")
		weight, err := strconv.ParseFloat(text, 64)
		return !weighted || err == nil && weight > 0
	}
	return false
}

// kindOf returns the media type of a file. The list is our own, because the system's differs from machine to machine.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

func zip(text []byte) []byte {
	if len(text) < worthZipping {
		return nil
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(text); err != nil || w.Close() != nil {
		return nil
	}
	return out.Bytes()
}
