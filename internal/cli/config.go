package cli

import "wxdesk/internal/config"

type configCmd struct {
	Dev bool `help:"With the defaults of wxdesk dev."`
}

// Run prints the settings.
func (c configCmd) Run(p Process) error {
	load := config.Load
	if c.Dev {
		load = config.LoadDev
	}
	cfg, err := load(p.Environ)
	if err != nil {
		return err
	}
	return cfg.Print(p.Stdout)
}
