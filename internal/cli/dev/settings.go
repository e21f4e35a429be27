package dev

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"wxdesk/internal/config"
	"wxdesk/internal/devstack"
	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
)

// prepare settles where everything is, before anything is started: variables that are set win over dev's own choices.
// The outcome stands in .wxdesk/env, so that other commands reach the running system.
func (d *system) prepare(ctx context.Context) (err error) {
	if d.binary, err = os.Executable(); err != nil {
		return err
	}
	if d.secrets, err = loadSecrets(filepath.Join(dir, "secrets.json")); err != nil {
		return err
	}
	environ := d.host.Environ
	given, err := config.LoadDev(environ)
	if err != nil {
		return err
	}
	if err := d.preparePostgres(ctx, given); err != nil {
		return err
	}
	if err := d.prepareTemporal(given); err != nil {
		return err
	}
	for name, value := range d.choices() {
		if !given.Given(name) {
			environ = append(environ, string(name)+"="+value)
		}
	}
	if d.cfg, err = config.LoadDev(environ); err != nil {
		return err
	}
	d.simulate = d.simulated(given.Given(config.WeChatAPI))
	return d.writeEnv()
}

// choices are dev's own settings.
func (d *system) choices() map[config.Name]string {
	choices := map[config.Name]string{
		config.MasterKeys: d.secrets.MasterKeys,
		config.WeChatAPI:  "http://" + d.cmd.SimulatorAddr,
	}
	if d.postgres != nil {
		choices[config.DatabaseURL] = d.postgres.DSN().Reveal()
	}
	if d.temporal != nil {
		choices[config.TemporalAddress] = d.temporal.Address()
		choices[config.CodecOrigin] = d.temporal.UI()
	}
	return choices
}

// simulated reports whether dev starts its simulator. If WXDESK_WECHAT_API names another WeChat, nothing needs the simulator. Then
// dev leaves the simulator's address to that WeChat, whether or not it listens yet, and to any other program.
func (d *system) simulated(another bool) bool {
	switch {
	case !another:
		return true
	case samePort(d.cfg.WeChatAPI, d.cmd.SimulatorAddr):
		d.host.say("simulator: not started, %s (WXDESK_WECHAT_API) is yours", d.cfg.WeChatAPI)
		return false
	}
	if err := devstack.CheckPort(d.cmd.SimulatorAddr, simulatorPort); err != nil {
		d.host.say("simulator: not started, nothing needs it beside %s (WXDESK_WECHAT_API): %v", d.cfg.WeChatAPI, err)
		return false
	}
	return true
}

func (d *system) preparePostgres(ctx context.Context, given config.Config) error {
	if given.Given(config.DatabaseURL) {
		return nil
	}
	log, err := os.OpenFile(filepath.Join(dir, "log", "postgres.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // what matters in it is said by err too
	bin, err := devstack.FindPostgres(ctx, d.host.Stdout)
	if err != nil {
		return err
	}
	d.host.say("postgres: using %s", bin)
	d.postgres, err = devstack.PreparePostgres(ctx, devstack.PostgresOptions{
		Dir: filepath.Join(dir, "postgres"), Bin: bin, Port: d.cmd.PostgresPort,
		Password: secret.New(d.secrets.PostgresPassword), Durable: true, Log: log,
	})
	return err
}

func (d *system) prepareTemporal(given config.Config) (err error) {
	if given.Given(config.TemporalAddress) {
		return nil
	}
	file, err := filepath.Abs(filepath.Join(dir, "temporal.db"))
	if err != nil {
		return err
	}
	namespace, _ := given.Temporal.LookupEnv(string(config.TemporalNamespace))
	d.temporal, err = devstack.PrepareTemporal(devstack.TemporalOptions{
		Bin: given.TemporalBin, DBFile: file, Port: d.cmd.TemporalPort, UIPort: d.cmd.TemporalUIPort, Namespace: namespace,
		SearchAttributes: temporalclient.SearchAttributes(),
		UICodecEndpoint:  "http://" + given.OpsAddr + "/codec", Log: d.host.Stdout,
	})
	return err
}

// writeEnv writes .wxdesk/env: KEY=value lines, readable by the owner alone.
func (d *system) writeEnv() error {
	return writePrivate(filepath.Join(dir, "env"), []byte(strings.Join(d.cfg.Environ(), "\n")+"\n"))
}
