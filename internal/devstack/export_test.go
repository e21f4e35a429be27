package devstack

// NPMPostgres is the last resort of FindPostgres, which a machine with PostgreSQL installed never comes to.
var NPMPostgres = npmPostgres
