package web

import (
	"strconv"
)

// VersionTag is a version as an entity tag (ETag).
func VersionTag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// IsOtherVersion reports whether a change with this If-Match is meant for another version than there is.
func IsOtherVersion(ifMatch string, version int64) bool {
	return ifMatch != "" && ifMatch != "*" && ifMatch != VersionTag(version)
}
