// @ts-check
/** What getStats (W3C webrtc-stats) says, in words. */

/**
 * @typedef {object} Figures
 * @property {string} path
 * @property {string} local
 * @property {string} remote
 * @property {string} rtt
 * @property {string} video
 * @property {string} audio
 * @property {string} resolution
 * @property {string} frames
 * @property {string} sent
 * @property {string} returned
 */

/** @typedef {{at: number, sent: number, received: number}} Sample bytes at a time in ms */

const candidateNames = /** @type {Record<string, string>} */ ({
  host: 'direct', srflx: 'through NAT', prflx: 'direct or through NAT', relay: 'through a TURN relay',
});

/**
 * @param {RTCStatsReport} report
 * @param {Sample | undefined} before
 * @returns {{figures: Figures, sample: Sample, frames: number, overTCP: boolean}}
 */
export function read(report, before) {
  /** @type {Map<string, any>} */
  const all = new Map();
  /** @type {any} */
  let transport;
  /** @type {Record<string, any>} */
  const inbound = {};
  /** @type {Record<string, any>} */
  const outbound = {};
  report.forEach((/** @type {any} */ entry) => {
    all.set(entry.id, entry);
    if (entry.type === 'transport') {
      transport = entry;
    } else if (entry.type === 'inbound-rtp') {
      inbound[entry.kind] = entry;
    } else if (entry.type === 'outbound-rtp') {
      outbound[entry.kind] = entry;
    }
  });
  const pair = all.get(transport?.selectedCandidatePairId) ?? selected(all); // Firefox has no transport entry
  const local = all.get(pair?.localCandidateId);
  const remote = all.get(pair?.remoteCandidateId);
  const sample = {
    at: pair?.timestamp ?? 0,
    sent: sum(outbound, 'bytesSent'),
    received: sum(inbound, 'bytesReceived'),
  };
  const { video } = inbound;
  const overTCP = local?.protocol === 'tcp' || local?.relayProtocol === 'tcp' || local?.relayProtocol === 'tls';
  return {
    sample,
    overTCP,
    frames: video?.framesDecoded ?? 0,
    figures: {
      path: local && remote
        ? `${String(local.protocol).toUpperCase()}, ${way(local, remote)} (${local.candidateType} to ${remote.candidateType})`
        : '-',
      local: address(local),
      remote: address(remote),
      rtt: pair?.currentRoundTripTime >= 0 ? `${(pair.currentRoundTripTime * 1000).toFixed(1)} ms` : '-',
      video: codec(all, video),
      audio: codec(all, inbound.audio),
      resolution: video?.frameWidth ? `${video.frameWidth} x ${video.frameHeight}, ${Math.round(video.framesPerSecond ?? 0)}/s` : '-',
      frames: video ? String(video.framesDecoded ?? 0) : '-',
      sent: rate(before, sample, 'sent'),
      returned: rate(before, sample, 'received'),
    },
  };
}

/** @param {Map<string, any>} all */
function selected(all) {
  return [...all.values()].find((entry) => entry.type === 'candidate-pair' && entry.nominated && entry.state === 'succeeded');
}

/**
 * @param {any} local
 * @param {any} remote
 */
function way(local, remote) {
  const names = [local.candidateType, remote.candidateType].map((type) => candidateNames[type] ?? type);
  return names.find((name) => name !== 'direct') ?? 'direct';
}

/** @param {any} candidate */
function address(candidate) {
  if (!candidate) {
    return '-';
  }
  const host = candidate.address ?? candidate.ip ?? 'hidden by the browser';
  return host.includes(':') ? `[${host}]:${candidate.port}` : `${host}:${candidate.port}`;
}

/**
 * @param {Map<string, any>} all
 * @param {any} stream
 */
function codec(all, stream) {
  const found = all.get(stream?.codecId);
  return found ? found.mimeType.replace(/^.*\//, '') : '-';
}

/**
 * @param {Record<string, any>} streams
 * @param {string} field
 */
function sum(streams, field) {
  return Object.values(streams).reduce((total, stream) => total + (stream[field] ?? 0), 0);
}

/**
 * @param {Sample | undefined} before
 * @param {Sample} now
 * @param {'sent' | 'received'} field
 */
function rate(before, now, field) {
  if (!before || now.at <= before.at) {
    return '-';
  }
  // Bits per millisecond are kilobits per second.
  return `${Math.max(0, Math.round(((now[field] - before[field]) * 8) / (now.at - before.at)))} kbit/s`;
}
