package platform

// The errcodes that the simulator gives of its own accord (wechat-protocol 6.2 and 7). Those of messages, and any other, can be had
// by a fault as well.
const (
	codeOK                = 0
	codeInvalidCredential = 40001
	codeBadGrantType      = 40002
	codeInvalidOpenID     = 40003
	codeBadMediaType      = 40004
	codeBadFileType       = 40005
	codeMediaSize         = 40006
	codeInvalidMediaID    = 40007
	codeBadMessageType    = 40008
	codeImageSize         = 40009
	codeVoiceSize         = 40010
	codeVideoSize         = 40011
	codeThumbSize         = 40012
	codeInvalidAppID      = 40013
	codeMalformedToken    = 40014
	codeMenuButtons       = 40016
	codeMenuType          = 40017
	codeMenuName          = 40018
	codeMenuKey           = 40019
	codeMenuURL           = 40020
	codeMenuDepth         = 40022
	codeSubButtons        = 40023
	codeSubType           = 40024
	codeSubName           = 40025
	codeSubKey            = 40026
	codeSubURL            = 40027
	codeEscapedText       = 40033
	codeBadParameter      = 40035
	codeTemplateID        = 40037
	codeQRAction          = 40052
	codeQRScene           = 40053
	codeInvalidURL        = 40066
	codeInvalidSecret     = 40125
	codeForeignIP         = 40164
	codeWrongAccountKind  = 40200
	codeCheckURL          = 40201
	codeCheckAction       = 40202
	codeCheckOperator     = 40203
	codeTokenMissing      = 41001
	codeAppIDMissing      = 41002
	codeSecretMissing     = 41004
	codeMediaMissing      = 41005
	codeTokenExpired      = 42001
	codeRequireGET        = 43001
	codeRequirePOST       = 43002
	codeNotFollowing      = 43004
	codeBlacklisted       = 43019
	codeEmptyBody         = 44002
	codeEmptyArticle      = 44003
	codeEmptyText         = 44004
	codeTextTooLong       = 45002
	codeVoiceTooLong      = 45007
	codeTooManyArticles   = 45008
	codeDailyQuota        = 45009
	codeMinuteQuota       = 45011
	codeOutOfWindow       = 45015
	codeOutOfCount        = 45047
	codeBadTypingCommand  = 45072
	codeNoInteraction     = 45080
	codeAlreadyTyping     = 45081
	codeNoMenu            = 46003
	codeBadJSON           = 47001
	codeTemplateData      = 47003
	codeUnauthorized      = 48001
	codeBadArticle        = 53600
	codeNoMoreClears      = 48006
	codeBadKfAccount      = 65401
)

// errmsgs are the usual words of the errcodes; the map is never changed while the program runs.
var errmsgs = map[int]string{
	-1:                    "system error",
	codeOK:                "ok",
	codeInvalidCredential: "invalid credential, access_token is invalid or not latest",
	codeBadGrantType:      "invalid grant_type",
	codeInvalidOpenID:     "invalid openid",
	codeBadMediaType:      "invalid media type",
	codeBadFileType:       "invalid file type",
	codeMediaSize:         "invalid media size",
	codeInvalidMediaID:    "invalid media_id",
	codeBadMessageType:    "invalid message type",
	codeImageSize:         "invalid image size",
	codeVoiceSize:         "invalid voice size",
	codeVideoSize:         "invalid video size",
	codeThumbSize:         "invalid thumb size",
	codeInvalidAppID:      "invalid appid",
	codeMalformedToken:    "invalid access_token",
	codeMenuButtons:       "invalid button size",
	codeMenuType:          "invalid button type",
	codeMenuName:          "invalid button name size",
	codeMenuKey:           "invalid button key size",
	codeMenuURL:           "invalid button url size",
	codeMenuDepth:         "invalid sub button level",
	codeSubButtons:        "invalid sub button size",
	codeSubType:           "invalid sub button type",
	codeSubName:           "invalid sub button name size",
	codeSubKey:            "invalid sub button key size",
	codeSubURL:            "invalid sub button url size",
	codeEscapedText:       "invalid charset: \\uxxxx escapes are not allowed",
	codeBadParameter:      "invalid parameter",
	codeTemplateID:        "invalid template_id",
	codeQRAction:          "invalid action name",
	codeQRScene:           "invalid action info",
	codeInvalidURL:        "invalid url",
	40097:                 "invalid args",
	40113:                 "unsupported file type",
	codeInvalidSecret:     "invalid appsecret",
	codeForeignIP:         "invalid ip, not in whitelist",
	codeWrongAccountKind:  "invalid account type",
	codeCheckURL:          "callback url is not set or invalid",
	codeCheckAction:       "invalid action",
	codeCheckOperator:     "invalid check_operator",
	40243:                 "appsecret is frozen",
	codeTokenMissing:      "access_token missing",
	codeAppIDMissing:      "appid missing",
	codeSecretMissing:     "appsecret missing",
	codeMediaMissing:      "media data missing",
	codeTokenExpired:      "access_token expired",
	42007:                 "access_token and refreshtoken exception",
	codeRequireGET:        "require GET method",
	codeRequirePOST:       "require POST method",
	43003:                 "require https",
	codeNotFollowing:      "require subscribe",
	codeBlacklisted:       "user is in the blacklist",
	43101:                 "user refuse to accept the msg",
	codeEmptyBody:         "empty post data",
	codeEmptyArticle:      "empty news data",
	codeEmptyText:         "empty content",
	45001:                 "media size out of limit",
	codeTextTooLong:       "content size out of limit",
	45003:                 "title size out of limit",
	45004:                 "description size out of limit",
	45005:                 "url size out of limit",
	45006:                 "picurl size out of limit",
	codeVoiceTooLong:      "playtime out of limit",
	codeTooManyArticles:   "article size out of limit",
	codeDailyQuota:        "reach max api daily quota limit",
	codeMinuteQuota:       "api minute-quota reach limit must slower retry next minute",
	codeOutOfWindow:       "response out of time limit or subscription is canceled",
	codeOutOfCount:        "out of response count limit",
	45065:                 "clientmsgid exist",
	45066:                 "same clientmsgid retry too fast",
	45067:                 "clientmsgid size out of limit",
	codeBadTypingCommand:  "invalid typing command",
	codeNoInteraction:     "no interaction with the user in the last 30 seconds",
	codeAlreadyTyping:     "already typing",
	45162:                 "msgtype is not allowed for this account",
	46001:                 "media data no exist",
	codeNoMenu:            "menu no exist",
	codeBadJSON:           "data format error",
	codeTemplateData:      "argument invalid: template data does not fit the template",
	codeUnauthorized:      "api unauthorized",
	48002:                 "user block receive message",
	48004:                 "api forbidden for irregularities",
	codeNoMoreClears:      "forbid to clear quota because of reaching the limit",
	48008:                 "no permission for this msgtype",
	50001:                 "user unauthorized",
	50002:                 "user limited",
	50003:                 "user unexpected",
	50005:                 "user is unsubscribed",
	codeBadArticle:        "article id invalid",
	61003:                 "component is not authorized by this account",
	61004:                 "access clientip is not registered",
	61007:                 "api is unauthorized to component",
	61024:                 "get access token by component appid only",
	61450:                 "system error",
	61451:                 "invalid parameter",
	61452:                 "invalid kf_account",
	61453:                 "kf_account exists",
	61454:                 "invalid kf_account length",
	61455:                 "illegal character in kf_account",
	61456:                 "kf_account count exceeded",
	61457:                 "invalid file type",
	65301:                 "no conditional menu",
	65319:                 "invalid conditional menu rule",
	65400:                 "customer service is not open",
	codeBadKfAccount:      "invalid custom service account",
	65417:                 "customer service invitation is limited",
	89501:                 "this ip is waiting for confirmation",
	89502:                 "this ip is waiting for confirmation",
	89503:                 "this ip calling needs admin's confirmation",
	89504:                 "this ip is waiting for confirmation",
	89505:                 "this ip is waiting for confirmation",
	89506:                 "this ip was refused twice, try again in 24 hours",
	89507:                 "this ip was refused, try again in one hour",
}
