package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// lockFile is what npm's package-lock.json says, as far as it matters here: each package by the folder that it is installed in.
type lockFile struct {
	Packages map[string]struct {
		Version   string `json:"version"`
		Integrity string `json:"integrity"`
	} `json:"packages"`
}

// builtIn finds the headings of LICENSES.txt, such as "## @mantine/core - 9.7.3 (MIT)". The build writes one for each package that it has
// taken something from.
var builtIn = regexp.MustCompile(`(?m)^## (\S+) - (\S+)(?: \(.*\))?$`)

// npmPackages lists the packages that are built into the console, whose folder it gets, with the checksums of its lock file. One that is
// there in two versions is listed twice.
func npmPackages(console string) ([]component, error) {
	licences, err := os.ReadFile(filepath.Join(console, "dist", "LICENSES.txt")) //nolint:gosec // the caller's own choice
	if err != nil {
		return nil, err
	}
	sums, err := lockedSums(filepath.Join(console, "package-lock.json"))
	if err != nil {
		return nil, err
	}
	var all []component
	for _, found := range builtIn.FindAllStringSubmatch(string(licences), -1) {
		name, version := found[1], found[2]
		c := component{Type: "library", Name: name, Version: version, PURL: npmPURL(name, version)}
		c.Ref = c.PURL
		if c.Hashes, err = integrity(sums[c.PURL]); err != nil {
			return nil, fmt.Errorf("package %s %s: %w", name, version, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no package is listed in LICENSES.txt of %s", console)
	}
	return all, nil
}

// lockedSums reads the checksum of each package of a lock file, by its package URL.
func lockedSums(lock string) (map[string]string, error) {
	text, err := os.ReadFile(lock) //nolint:gosec // the caller's own choice
	if err != nil {
		return nil, err
	}
	var file lockFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", lock, err)
	}
	const folder = "node_modules/"
	sums := map[string]string{}
	for at, p := range file.Packages {
		if i := strings.LastIndex(at, folder); i >= 0 {
			sums[npmPURL(at[i+len(folder):], p.Version)] = p.Integrity
		}
	}
	return sums, nil
}

// integrity turns npm's "sha512-BASE64" into a hash.
func integrity(text string) ([]hash, error) {
	encoded, ok := strings.CutPrefix(text, "sha512-")
	if !ok {
		return nil, fmt.Errorf("the lock file has no SHA-512 for it, but %q", text)
	}
	sum, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, err
	}
	return []hash{{"SHA-512", hex.EncodeToString(sum)}}, nil
}

// npmPURL is a package URL: the @ of a scope is escaped.
func npmPURL(name, version string) string {
	return "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + version
}
