#!/bin/sh
# Makes Temporal's tables, or brings older ones up to date. Repeatable: what is there already stays.
set -eu
for database in temporal temporal_visibility; do
	case $database in
	temporal) kind=temporal ;;
	*) kind=visibility ;;
	esac
	export SQL_DATABASE=$database
	temporal-sql-tool setup-schema -v 0.0
	temporal-sql-tool update-schema -d "/etc/temporal/schema/postgresql/v12/$kind/versioned"
done
