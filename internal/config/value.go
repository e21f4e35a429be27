package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/secret"
)

// What the values look like. Errors say what is wanted, and show a value only if it cannot be a secret.

// address takes host:port; the host may be empty, port 0 stands for any free one.
func address(to *string, text string) error {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not host:port with a port of 0 to 65535", text)
	}
	*to = text
	return nil
}

// privateAddress is address, or network:port.
func privateAddress(to *string, text string) error {
	host, _, err := net.SplitHostPort(text)
	if err == nil && strings.Contains(host, "/") {
		if _, err := netip.ParsePrefix(host); err != nil {
			return fmt.Errorf("%q is not a network with a port, such as 10.1.2.0/24:9090", text)
		}
	}
	return address(to, text)
}

var errBaseURL = errors.New("want an http or https URL with a host, without user, query, fragment or trailing slash")

// baseURL takes a URL to which paths are appended. What was given is not repeated: it may hold a password.
func baseURL(to *string, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.User != nil,
		strings.ContainsAny(text, "?#"), strings.HasSuffix(text, "/"):
		return errBaseURL
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return errBaseURL
		}
	}
	*to = text
	return nil
}

// origin takes a baseURL without a path, as browsers send it in the header Origin.
func origin(to *string, text string) error {
	var base string
	if err := baseURL(&base, text); err != nil {
		return err
	}
	if u, err := url.Parse(base); err != nil || u.Path != "" {
		return errors.New("want an origin: http or https, host and port, no path")
	}
	*to = base
	return nil
}

func boolean(to *bool, text string) error {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", text)
	}
	*to = value
	return nil
}

// switched takes on or off.
func switched(to *bool, text string) error {
	if text != "on" && text != "off" {
		return fmt.Errorf("%q is neither on nor off", text)
	}
	*to = text == "on"
	return nil
}

// egressIPs takes a list of addresses and networks.
func egressIPs(c *Config, text string) error {
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		_, notAddress := netip.ParseAddr(word)
		_, notNetwork := netip.ParsePrefix(word)
		if notAddress != nil && notNetwork != nil {
			return fmt.Errorf("%q is neither an address such as 198.51.100.7 nor a network such as 198.51.100.0/24", word)
		}
		c.EgressIPs = append(c.EgressIPs, word)
	}
	return nil
}

var versionShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$`)

// workerVersion takes what can stand in a query of Temporal's as it is.
func workerVersion(c *Config, text string) error {
	if !versionShape.MatchString(text) {
		return fmt.Errorf("%q is not a version such as v1.2.3: at most 100 letters, digits, dots, dashes, underscores, plus signs", text)
	}
	c.WorkerVersion = text
	return nil
}

func continueAfter(c *Config, text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < minContinueAfter {
		return fmt.Errorf("%q is not a number of at least %d", text, minContinueAfter)
	}
	c.ContinueAfter = n
	return nil
}

func sendsPerSecond(c *Config, text string) error {
	return number(&c.SendsPerSecond, text, minSendsPerSecond, maxSendsPerSecond)
}

func maxConnections(c *Config, text string) error {
	return number(&c.MaxConnections, text, minMaxConnections, maxMaxConnections)
}

func number(to *int, text string, least, most int) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return fmt.Errorf("%q is not a number from %d to %d", text, least, most)
	}
	*to = n
	return nil
}

func agentGrace(c *Config, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < minAgentGrace || d > maxAgentGrace {
		return fmt.Errorf("%q is not a time from %s to %s, such as 2m30s", text, minAgentGrace, maxAgentGrace)
	}
	c.AgentGrace = d
	return nil
}

func sessionTime(to *time.Duration, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < minSessionIdle || d > maxSessionLifetime {
		return fmt.Errorf("%q is not a time from %s to %s, such as 12h", text, minSessionIdle, maxSessionLifetime)
	}
	*to = d
	return nil
}

func logLevel(c *Config, text string) error {
	switch text {
	case "debug":
		c.LogLevel = slog.LevelDebug
	case "info":
		c.LogLevel = slog.LevelInfo
	case "warn":
		c.LogLevel = slog.LevelWarn
	case "error":
		c.LogLevel = slog.LevelError
	default:
		return fmt.Errorf("%q is not one of debug, info, warn, error", text)
	}
	return nil
}

func logFormat(c *Config, text string) error {
	switch format := LogFormat(text); format {
	case LogJSON, LogText:
		c.LogFormat = format
		return nil
	}
	return fmt.Errorf("%q is not one of json, text", text)
}

// masterKeys refuses what could not seal anything safely (K13): an absent, short, all zero or documented key.
func masterKeys(c *Config, text string) error {
	keys := secret.New(text)
	if _, err := secret.ParseKeyring(keys); err != nil {
		return err
	}
	c.MasterKeys = keys
	return nil
}

// postgresURL takes a connection URL. What was given is not repeated: it holds a password.
func postgresURL(to *secret.Value, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New("want a URL: postgres://user:password@host:port/name")
	}
	*to = secret.New(text)
	return nil
}

// withoutPassword shows a connection URL with its password, also one among the parameters, hidden.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return secret.Redacted
	}
	shown := u.Scheme + "://"
	if u.User != nil {
		shown += url.User(u.User.Username()).String()
		if _, has := u.User.Password(); has {
			shown += ":" + secret.Redacted
		}
		shown += "@"
	}
	shown += u.Host + u.EscapedPath()
	for i, parameter := range strings.Split(u.RawQuery, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		if strings.Contains(strings.ToLower(name), "password") {
			parameter = name + "=" + secret.Redacted
		}
		if parameter != "" {
			shown += []string{"?", "&"}[min(i, 1)] + parameter
		}
	}
	return shown
}
