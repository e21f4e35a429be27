// Package promql reads the expressions of deploy/prometheus and deploy/grafana as Prometheus itself does. It is a module of its
// own because Prometheus's parser would otherwise decide about the versions that wxdesk is built with.
package promql
