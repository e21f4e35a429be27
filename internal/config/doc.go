// Package config reads the settings from the environment: one struct, one table of variables, two columns of defaults
// (in `wxdesk dev`, and elsewhere).
//
// It promises that every mistake is reported at once, that a WXDESK_ variable which nobody reads is a mistake, and that
// neither an error nor Print ever shows a secret. It reads nothing but the environment it is given: no files, and no
// network.
//
// What is set wins over both columns; an empty variable counts as not set. Which settings a command cannot do without
// is the command's business (Require).
package config
