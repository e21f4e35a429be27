package main

import (
	uiserver "github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// startUI serves the Web UI until Stop. It fetches no news from outside. With a codec endpoint the operator's browser,
// not this process, has payloads decoded there.
func startUI(o options) *uiserver.Server {
	host := o.ip.String()
	if o.ip.Is6() {
		host = "[" + host + "]" // the UI server joins host and port with a bare colon
	}
	ui := uiserver.NewServer(server_options.WithConfigProvider(&config.Config{
		Host:                host,
		Port:                o.uiPort,
		TemporalGRPCAddress: reachable(o).String(),
		EnableUI:            true,
		HideLogs:            true,
		DisableNewsFetch:    true,
		Codec:               codec(o.uiCodecEndpoint),
		CORS:                config.CORS{CookieInsecure: true}, // plain HTTP
	}))
	go func() {
		_ = ui.Start() // ends the process itself when it cannot listen
	}()
	return ui
}

// codec has the browser send its cookies there, and tells people where they sign in.
func codec(endpoint string) config.Codec {
	if endpoint == "" {
		return config.Codec{}
	}
	return config.Codec{
		Endpoint:            endpoint,
		IncludeCredentials:  true,
		DefaultErrorMessage: "Payloads stay sealed until you sign in at the codec endpoint",
		DefaultErrorLink:    endpoint + "/sign-in",
	}
}
