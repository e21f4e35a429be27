package web

import (
	"strconv"
	"strings"
)

// VersionTag is a version as an entity tag (ETag).
func VersionTag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// IsOtherVersion reports whether a change with this If-Match is meant for another version than there is.
func IsOtherVersion(ifMatch string, version int64) bool {
	return ifMatch != "" && ifMatch != "*" && ifMatch != VersionTag(version)
}

// IsKnown reports whether a caller with this If-None-Match has the version with the entity tag already (RFC 9110, 13.1.2).
func IsKnown(ifNoneMatch, tag string) bool {
	for known := range strings.SplitSeq(ifNoneMatch, ",") {
		known = strings.TrimSpace(known)
		if known == "*" || strings.TrimPrefix(known, "W/") == tag {
			return true
		}
	}
	return false
}
