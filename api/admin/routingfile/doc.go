// Package routingfile reads and writes a workstream's routing as YAML, for the way from one installation to another. Queues, skills
// and capacity profiles go by their names.
package routingfile
