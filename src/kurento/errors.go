package kurento

import (
	"errors"
	"fmt"

	"ksfu/src/jsonrpc"
	"ksfu/src/media"
	"ksfu/src/rtc"
)

// Codes of the Kurento protocol, as its server has them.
const (
	codeMarshall            = 40001
	codeUnexpected          = 40003
	codeConnect             = 40004
	codeUnsupportedMedia    = 40005
	codeNotImplemented      = 40006
	codeInvalidSession      = 40007
	codeMalformed           = 40008
	codeNotEnoughResources  = 40009
	codeTypeNotFound        = 40100
	codeObjectNotFound      = 40101
	codeNoConstructor       = 40104
	codeNoMethod            = 40105
	codeNoEvent             = 40106
	codeIllegalParam        = 40107
	codeNotAvailable        = 40108
	codeNotFoundNoCommit    = 40109
	codeTagNotFound         = 40110
	codeNotSupported        = 40111
	codeSDPCreate           = 40200
	codeSDPParse            = 40201
	codeNoLocalSDP          = 40202
	codeNoRemoteSDP         = 40203
	codeGenerateOffer       = 40204
	codeProcessOffer        = 40205
	codeProcessAnswer       = 40206
	codeSDPConfiguration    = 40207
	codeAlreadyNegotiated   = 40208
	codeNoOfferGenerated    = 40209
	codeAnswerProcessed     = 40210
	codeCannotCreateSession = 40211
	codeHTTPRegistration    = 40300
	codeGather              = 40400
	codeAddCandidate        = 40401
	codeKMDNotFound         = 40500
	codeURIPathNotFound     = 40600
	codePlayerSeek          = 40700
)

// errorType is the name that travels beside a code.
func errorType(code int) string {
	switch code {
	case codeMarshall:
		return "MARSHALL_ERROR"
	case codeUnexpected:
		return "UNEXPECTED_ERROR"
	case codeConnect:
		return "CONNECT_ERROR"
	case codeUnsupportedMedia:
		return "UNSUPPORTED_MEDIA_TYPE"
	case codeNotImplemented:
		return "NOT_IMPLEMENTED"
	case codeInvalidSession:
		return "INVALID_SESSION"
	case codeMalformed:
		return "MALFORMED_TRANSACTION"
	case codeNotEnoughResources:
		return "NOT_ENOUGH_RESOURCES"
	case codeTypeNotFound:
		return "MEDIA_OBJECT_TYPE_NOT_FOUND"
	case codeObjectNotFound:
		return "MEDIA_OBJECT_NOT_FOUND"
	case codeNoConstructor:
		return "MEDIA_OBJECT_CONSTRUCTOR_NOT_FOUND"
	case codeNoMethod:
		return "MEDIA_OBJECT_METHOD_NOT_FOUND"
	case codeNoEvent:
		return "MEDIA_OBJECT_EVENT_NOT_SUPPORTED"
	case codeIllegalParam:
		return "MEDIA_OBJECT_ILLEGAL_PARAM_ERROR"
	case codeNotAvailable:
		return "MEDIA_OBJECT_NOT_AVAILABLE"
	case codeNotFoundNoCommit:
		return "MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT"
	case codeTagNotFound:
		return "MEDIA_OBJECT_TAG_KEY_NOT_FOUND"
	case codeNotSupported:
		return "MEDIA_OBJECT_OPERATION_NOT_SUPPORTED"
	case codeSDPCreate:
		return "SDP_CREATE_ERROR"
	case codeSDPParse:
		return "SDP_PARSE_ERROR"
	case codeNoLocalSDP:
		return "SDP_END_POINT_NO_LOCAL_SDP_ERROR"
	case codeNoRemoteSDP:
		return "SDP_END_POINT_NO_REMOTE_SDP_ERROR"
	case codeGenerateOffer:
		return "SDP_END_POINT_GENERATE_OFFER_ERROR"
	case codeProcessOffer:
		return "SDP_END_POINT_PROCESS_OFFER_ERROR"
	case codeProcessAnswer:
		return "SDP_END_POINT_PROCESS_ANSWER_ERROR"
	case codeSDPConfiguration:
		return "SDP_CONFIGURATION_ERROR"
	case codeAlreadyNegotiated:
		return "SDP_END_POINT_ALREADY_NEGOTIATED"
	case codeNoOfferGenerated:
		return "SDP_END_POINT_NOT_OFFER_GENERATED"
	case codeAnswerProcessed: // spelt so in the protocol
		return "SDP_END_POINT_ANSWER_ALREADY_PROCCESED"
	case codeCannotCreateSession: // spelt so in the protocol
		return "SDP_END_POINT_CANNOT_CREATE_SESSON"
	case codeHTTPRegistration:
		return "HTTP_END_POINT_REGISTRATION_ERROR"
	case codeGather:
		return "ICE_GATHER_CANDIDATES_ERROR"
	case codeAddCandidate:
		return "ICE_ADD_CANDIDATE_ERROR"
	case codeURIPathNotFound:
		return "URI_PATH_FILE_NOT_FOUND"
	case codePlayerSeek:
		return "PLAYER_SEEK_FAIL"
	default: // 40500 has no name in the protocol
		return "UNDEFINED"
	}
}

type errorData struct {
	Type string `json:"type"`
}

// errInterrupted stands for a negotiation step that panicked.
var errInterrupted = errors.New("negotiation was interrupted")

func fail(code int, format string, a ...any) *jsonrpc.Error {
	return &jsonrpc.Error{Code: code, Message: fmt.Sprintf(format, a...), Data: errorData{errorType(code)}}
}

func objectNotFound(id string) *jsonrpc.Error {
	return fail(codeObjectNotFound, "Object '%.200s' not found", id)
}

func tooMany(what string, limit int) *jsonrpc.Error {
	return fail(codeNotEnoughResources, "Too many %s: at most %d are allowed with this credential; release some first", what, limit)
}

// mediaError translates what rtc answers; code is for what has none of its own.
func mediaError(code int, err error) *jsonrpc.Error {
	switch {
	case errors.Is(err, rtc.ErrEmptySDP), errors.Is(err, rtc.ErrSDP), errors.Is(err, rtc.ErrSDPTooLarge):
		code = codeSDPParse
	case errors.Is(err, rtc.ErrNoOffer):
		code = codeNoOfferGenerated
	case errors.Is(err, rtc.ErrAnswered):
		code = codeAnswerProcessed
	case errors.Is(err, rtc.ErrTooManyCandidates), errors.Is(err, rtc.ErrTooManyEndpoints), errors.Is(err, rtc.ErrTooManySSRCs):
		code = codeNotEnoughResources
	case errors.Is(err, rtc.ErrBadCandidate):
		code = codeAddCandidate
	case errors.Is(err, rtc.ErrDataChannelsOff):
		code = codeNotSupported
	case errors.Is(err, rtc.ErrNoDataChannel):
		code = codeIllegalParam
	case errors.Is(err, media.ErrNoCommonFormat):
		code = codeUnsupportedMedia
	}
	return fail(code, "%v", err)
}
