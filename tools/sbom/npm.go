package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// lockFile is what npm's package-lock.json says, as far as it matters here: each package by the folder that it is installed in.
type lockFile struct {
	Packages map[string]lockedPackage `json:"packages"`
}

// lockedPackage is one of them. Dev is true for what builds and tests the console and is no part of it.
type lockedPackage struct {
	Version   string `json:"version"`
	Integrity string `json:"integrity"`
	Dev       bool   `json:"dev"`
	DevOpt    bool   `json:"devOptional"`
	Optional  bool   `json:"optional"`
	Peer      bool   `json:"peer"`
}

const modulesFolder = "node_modules/"

// npmPackages lists the packages that the console is built from, by name. One that is there in two versions is listed twice.
func npmPackages(lock string) ([]component, error) {
	text, err := os.ReadFile(lock) //nolint:gosec // the caller's own choice
	if err != nil {
		return nil, err
	}
	var file lockFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", lock, err)
	}
	var all []component
	seen := map[string]bool{}
	for _, folder := range slices.Sorted(maps.Keys(file.Packages)) {
		p := file.Packages[folder]
		i := strings.LastIndex(folder, modulesFolder)
		if i < 0 || p.Dev || p.DevOpt || p.Optional || p.Peer {
			continue
		}
		name := folder[i+len(modulesFolder):]
		c := component{Type: "library", Name: name, Version: p.Version, PURL: npmPURL(name, p.Version)}
		c.Ref = c.PURL
		if seen[c.Ref] {
			continue
		}
		seen[c.Ref] = true
		if c.Hashes, err = integrity(p.Integrity); err != nil {
			return nil, fmt.Errorf("package %s: %w", name, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// integrity turns npm's "sha512-BASE64" into a hash.
func integrity(text string) ([]hash, error) {
	encoded, ok := strings.CutPrefix(text, "sha512-")
	if !ok {
		return nil, fmt.Errorf("checksum %q is none of SHA-512", text)
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
