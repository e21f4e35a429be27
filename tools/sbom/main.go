// Program sbom says what a built program consists of: a software bill of materials in CycloneDX's JSON. The Go linker has written into the
// program which modules are linked: the bill names those, with version and checksum, and the Go version, and nothing that is merely in
// go.sum. The console is embedded in the program: the bill names the npm packages that its build has taken something from. The same program
// gives the same bill.
//
//	go run ./tools/sbom bin/wxdesk console > bin/wxdesk.cdx.json
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sbom PROGRAM CONSOLE-FOLDER")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// bill is a CycloneDX 1.6 document, as far as it says something of a Go program.
type bill struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

func write(to io.Writer, program, console string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(program) //nolint:gosec // the caller's own choice
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	packages, err := npmPackages(console)
	if err != nil {
		return err
	}
	b, err := describe(info, hex.EncodeToString(sum[:]), packages)
	if err != nil {
		return err
	}
	out := json.NewEncoder(to)
	out.SetIndent("", "  ")
	return out.Encode(b)
}

func describe(info *debug.BuildInfo, programSum string, packages []component) (bill, error) {
	main := component{
		Type: "application", Ref: purl(info.Main.Path, info.Main.Version), Name: info.Main.Path, Version: info.Main.Version,
		PURL: purl(info.Main.Path, info.Main.Version), Hashes: []hash{{"SHA-256", programSum}},
	}
	for _, s := range info.Settings {
		main.Properties = append(main.Properties, property{"go:build:" + s.Key, s.Value})
	}
	std := component{
		Type: "library", Name: "std", Version: info.GoVersion,
		Ref: purl("std", strings.TrimPrefix(info.GoVersion, "go")), PURL: purl("std", strings.TrimPrefix(info.GoVersion, "go")),
	}
	all := []component{std}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c, err := module(m)
		if err != nil {
			return bill{}, err
		}
		all = append(all, c)
	}
	all = append(all, packages...)
	needs := dependency{Ref: main.Ref}
	for _, c := range all {
		needs.DependsOn = append(needs.DependsOn, c.Ref)
	}
	return bill{
		Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{main}, Components: all, Dependencies: []dependency{needs},
	}, nil
}

// module is a linked module. Its checksum is Go's: "h1:" and SHA-256 over the hashes of its files.
func module(m *debug.Module) (component, error) {
	c := component{Type: "library", Ref: purl(m.Path, m.Version), Name: m.Path, Version: m.Version, PURL: purl(m.Path, m.Version)}
	if m.Sum == "" {
		return c, fmt.Errorf("module %s has no checksum", m.Path)
	}
	sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
	if err != nil {
		return c, fmt.Errorf("checksum of module %s: %w", m.Path, err)
	}
	c.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum)}}
	return c, nil
}

// purl is a package URL: https://github.com/package-url/purl-spec.
func purl(path, version string) string {
	if version == "" {
		return "pkg:golang/" + path
	}
	return "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
}
