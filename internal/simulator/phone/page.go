package phone

import (
	"embed"
	"html/template"
	"io/fs"
	"net/http"
)

//go:embed web
var web embed.FS

// sample is an act that the page offers beside writing: a button with what it posts.
type sample struct {
	Label string
	Body  string // JSON for say
	Icon  string // path of a 24 by 24 drawing
}

// samples is never changed while the program runs.
var samples = []sample{
	{"Picture", `{"kind":"image"}`, "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01"},
	{"Voice", `{"kind":"voice"}`, "M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4zM6 11.5a6 6 0 0 0 12 0M12 17.5V20"},
	{"Video", `{"kind":"video"}`, "M4 6h11v12H4zM15 10.5l5-3v9l-5-3"},
	{"Link", `{"kind":"link","title":"An article","url":"https://articles.example/1"}`, "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1"},
}

// policy lets the page run its own script and style and nothing else; it loads nothing from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// RegisterPage serves the phone at /: one page, one style sheet, one script.
func RegisterPage(mux *http.ServeMux) {
	files, err := fs.Sub(web, "web")
	if err != nil {
		panic(err) // the folder is embedded
	}
	page := template.Must(template.ParseFS(files, "phone.html"))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		pageHeaders(w)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, map[string][]sample{"Acts": samples})
	})
	for _, asset := range []string{"phone.css", "phone.js"} {
		mux.HandleFunc("GET /assets/"+asset, func(w http.ResponseWriter, r *http.Request) {
			pageHeaders(w)
			http.ServeFileFS(w, r, files, asset)
		})
	}
}

func pageHeaders(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-cache")
}
