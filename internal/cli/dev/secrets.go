package dev

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"wxdesk/internal/secret"
)

// madeSecrets are made once and kept in .wxdesk/secrets.json, readable by the owner alone.
type madeSecrets struct {
	MasterKeys       string `json:"master_keys"`
	PostgresPassword string `json:"postgres_password"`
}

func loadSecrets(file string) (madeSecrets, error) {
	var s madeSecrets
	text, err := os.ReadFile(file) //nolint:gosec // our own file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s = madeSecrets{
			MasterKeys:       secret.NewMasterKey("dev").Reveal(),
			PostgresPassword: fmt.Sprintf("%x", secret.NewKey()),
		}
		text, err := json.Marshal(s)
		if err != nil {
			return s, err
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return s, err
		}
		return s, writePrivate(file, text)
	case err != nil:
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s is damaged; `make reset` forgets everything: %w", file, err)
	}
	return s, nil
}

// writePrivate writes a file that only its owner may read, whole or not at all.
func writePrivate(file string, text []byte) error {
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
