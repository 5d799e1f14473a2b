package kurento

// complexType is an enum (values) or a register (fields).
type complexType struct {
	name, module, extends string
	values                []string
	fields                []param
}

// complexTypes is what the classes served here name; the names and types are
// those of the Kurento API.
func complexTypes() []*complexType {
	enum := func(module, name string, values ...string) *complexType {
		return &complexType{name: name, module: module, values: values}
	}
	register := func(module, name, extends string, fields ...string) *complexType {
		return &complexType{name: name, module: module, extends: extends, fields: params(fields...)}
	}
	return []*complexType{
		register("core", "ServerInfo", "", "version:String", "modules:ModuleInfo[]", "type:ServerType", "capabilities:String[]"),
		enum("core", "ServerType", "KMS", "KCS"),
		enum("core", "GstreamerDotDetails", "SHOW_MEDIA_TYPE", "SHOW_CAPS_DETAILS", "SHOW_NON_DEFAULT_PARAMS", "SHOW_STATES", "SHOW_FULL_PARAMS", "SHOW_ALL", "SHOW_VERBOSE"),
		register("core", "ModuleInfo", "", "version:String", "name:String", "generationTime:String", "factories:String[]"),
		enum("core", "MediaState", "DISCONNECTED", "CONNECTED"),
		enum("core", "MediaFlowState", "FLOWING", "NOT_FLOWING"),
		enum("core", "MediaTranscodingState", "TRANSCODING", "NOT_TRANSCODING"),
		enum("core", "ConnectionState", "DISCONNECTED", "CONNECTED"),
		enum("core", "MediaType", "AUDIO", "DATA", "VIDEO"),
		enum("core", "VideoCodec", "H265", "AV1", "VP9", "VP8", "H264", "RAW"),
		enum("core", "AudioCodec", "OPUS", "PCMU", "PCMA", "RAW"),
		register("core", "Fraction", "", "numerator:int", "denominator:int"),
		register("core", "AudioCaps", "", "codec:AudioCodec", "bitrate:int"),
		register("core", "VideoCaps", "", "codec:VideoCodec", "framerate:Fraction"),
		register("core", "ElementConnectionData", "", "source:MediaElement", "sink:MediaElement", "type:MediaType", "sourceDescription:String", "sinkDescription:String"),
		register("core", "Tag", "", "key:String", "value:String"),
		enum("core", "StatsType", "inboundrtp", "outboundrtp", "session", "datachannel", "track", "transport", "candidatepair", "localcandidate", "remotecandidate", "element", "endpoint"),
		register("core", "MediaLatencyStat", "", "name:String", "type:MediaType", "avg:double"),
		register("core", "Stats", "", "id:String", "type:StatsType", "timestampMillis:int64"),
		register("core", "ElementStats", "Stats", "inputLatency:MediaLatencyStat[]"),
		register("core", "EndpointStats", "ElementStats", "E2ELatency:MediaLatencyStat[]"),
		register("core", "RTCStats", "Stats"),
		register("core", "RTCRTPStreamStats", "RTCStats", "ssrc:String", "associateStatsId:String", "isRemote:boolean", "mediaTrackId:String", "transportId:String", "codecId:String", "firCount:int64", "pliCount:int64", "nackCount:int64", "sliCount:int64", "remb:int64", "packetsLost:int64", "fractionLost:double"),
		register("core", "RTCInboundRTPStreamStats", "RTCRTPStreamStats", "packetsReceived:int64", "bytesReceived:int64", "jitter:double"),
		register("core", "RTCOutboundRTPStreamStats", "RTCRTPStreamStats", "packetsSent:int64", "bytesSent:int64", "targetBitrate:double", "roundTripTime:double"),
		register("core", "RTCPeerConnectionStats", "RTCStats", "dataChannelsOpened:int64", "dataChannelsClosed:int64"),
		register("core", "RTCTransportStats", "RTCStats", "bytesSent:int64", "bytesReceived:int64", "rtcpTransportStatsId:String", "activeConnection:boolean", "selectedCandidatePairId:String", "localCertificateId:String", "remoteCertificateId:String"),
		enum("core", "RTCStatsIceCandidateType", "host", "serverreflexive", "peerreflexive", "relayed"),
		register("core", "RTCIceCandidateAttributes", "RTCStats", "ipAddress:String", "portNumber:int64", "transport:String", "candidateType:RTCStatsIceCandidateType", "priority:int64", "addressSourceUrl:String"),
		enum("core", "RTCStatsIceCandidatePairState", "frozen", "waiting", "inprogress", "failed", "succeeded", "cancelled"),
		register("core", "RTCIceCandidatePairStats", "RTCStats", "transportId:String", "localCandidateId:String", "remoteCandidateId:String", "state:RTCStatsIceCandidatePairState", "priority:int64", "nominated:boolean", "writable:boolean", "readable:boolean", "bytesSent:int64", "bytesReceived:int64", "roundTripTime:double", "availableOutgoingBitrate:double", "availableIncomingBitrate:double"),
		register("core", "RembParams", "", "packetsRecvIntervalTop?:int=100", "exponentialFactor?:float=0.04", "linealFactorMin?:int", "linealFactorGrade?:float=30", "decrementFactor?:float=0.5", "thresholdFactor?:float=0.8", "upLosses?:int=12", "rembOnConnect?:int=300000"),
		register("core", "OfferOptions", "", "offerToReceiveAudio?:boolean=true", "offerToReceiveVideo?:boolean=true"),
		register("elements", "IceCandidate", "", "candidate:String", "sdpMid:String", "sdpMLineIndex:int"),
		enum("elements", "IceComponentState", "DISCONNECTED", "GATHERING", "CONNECTING", "CONNECTED", "READY", "FAILED"),
		enum("elements", "DtlsConnectionState", "NEW", "CLOSED", "FAILED", "CONNECTING", "CONNECTED"),
		register("elements", "IceCandidatePair", "", "streamId:String", "componentId:int", "localCandidate:String", "remoteCandidate:String"),
		register("elements", "IceConnection", "", "streamId:String", "componentId:int", "state:IceComponentState"),
		register("elements", "DtlsConnection", "", "streamId:String", "componentId:String", "connectionId:String", "state:DtlsConnectionState"),
		enum("elements", "CertificateKeyType", "RSA", "ECDSA"),
		enum("elements", "DSCPValue", "NO_DSCP", "NO_VALUE", "AUDIO_VERYLOW", "AUDIO_LOW", "AUDIO_MEDIUM", "AUDIO_HIGH", "VIDEO_VERYLOW", "VIDEO_LOW", "VIDEO_MEDIUM", "VIDEO_MEDIUM_THROUGHPUT", "VIDEO_HIGH", "VIDEO_HIGH_THROUGHPUT", "DATA_VERYLOW", "DATA_LOW", "DATA_MEDIUM", "DATA_HIGH", "CHROME_HIGH", "CHROME_MEDIUM", "CHROME_LOW", "CHROME_VERYLOW", "CS0", "CS1", "CS2", "CS3", "CS4", "CS5", "CS6", "CS7", "AF11", "AF12", "AF13", "AF21", "AF22", "AF23", "AF31", "AF32", "AF33", "AF41", "AF42", "AF43", "EF", "VOICEADMIT", "LE"),
	}
}
