"""A peer on aiortc, an independent WebRTC stack, for aiortc.test.js.

Talks JSON lines with its parent: prints {"offer": sdp}, reads {"answer": sdp},
then prints {"frames": n, "publisher": p, "counter": c} for each picture it
decodes. Its picture is the one of ../page/camera.js, so that a browser can read
it and it can read a browser's: blocks in the upper half (counter, publisher,
CRC-8), the publisher's colour below.

usage: peer.py publish NUMBER [SSRC] | view
"""

import asyncio
import json
import sys

import numpy
from aiortc import RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

WIDTH, HEIGHT = 320, 240
COLUMNS, ROWS = 8, 4
CELL_WIDTH, CELL_HEIGHT = WIDTH // COLUMNS, HEIGHT // 2 // ROWS
COLOURS = [(220, 30, 30), (30, 200, 30), (40, 40, 230), (220, 210, 20)]


def checksum(data):
    """CRC-8, polynomial 0x07, from 0xff."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def draw(publisher, counter):
    """The picture as an array of HEIGHT x WIDTH x 3 bytes."""
    picture = numpy.empty((HEIGHT, WIDTH, 3), numpy.uint8)
    picture[:] = COLOURS[(publisher - 1) % len(COLOURS)]
    data = [counter >> 8 & 0xFF, counter & 0xFF, publisher]
    for row, byte in enumerate([*data, checksum(data)]):
        for column in range(COLUMNS):
            top, left = row * CELL_HEIGHT, column * CELL_WIDTH
            white = byte & (0x80 >> column)
            picture[top : top + CELL_HEIGHT, left : left + CELL_WIDTH] = 255 if white else 0
    return picture


def read(frame):
    """(publisher, counter) of a decoded frame, or None where blocks are broken."""
    grey = frame.to_ndarray(format="gray")
    height, width = grey.shape
    data = []
    for row in range(ROWS):
        y = int((row + 0.5) * height / 2 / ROWS)
        bits = [grey[y, int((column + 0.5) * width / COLUMNS)] > 128 for column in range(COLUMNS)]
        data.append(int("".join("01"[int(bit)] for bit in bits), 2))
    if checksum(data[:3]) != data[3]:
        return None
    return data[2], data[0] * 256 + data[1]


class Camera(VideoStreamTrack):
    """The synthetic camera as a track."""

    def __init__(self, publisher):
        super().__init__()
        self.publisher = publisher
        self.counter = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        self.counter += 1
        frame = VideoFrame.from_ndarray(draw(self.publisher, self.counter), format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


def say(**message):
    print(json.dumps(message), flush=True)


async def watch(track):
    """Reports each picture of a remote track until it ends."""
    frames = 0
    while True:
        try:
            seen = read(await track.recv())
        except MediaStreamError:
            return
        if seen:
            frames += 1
            say(frames=frames, publisher=seen[0], counter=seen[1])


async def main(role, number="0", ssrc=None):
    connection = RTCPeerConnection()
    watching = []
    if role == "publish":
        sender = connection.addTrack(Camera(int(number)))
        if ssrc:
            sender._ssrc = int(ssrc)
    else:
        # No audio: aiortc offers one header extension id with two meanings, one
        # in audio and one in video, and breaks when both come.
        connection.addTransceiver("video", direction="recvonly")

    @connection.on("track")
    def on_track(track):
        if track.kind == "video":
            watching.append(asyncio.ensure_future(watch(track)))

    # aiortc does not trickle: its description has all candidates.
    await connection.setLocalDescription(await connection.createOffer())
    say(offer=connection.localDescription.sdp)
    loop = asyncio.get_running_loop()
    answer = json.loads(await loop.run_in_executor(None, sys.stdin.readline))["answer"]
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    # The parent ends us by closing our standard input.
    await loop.run_in_executor(None, sys.stdin.read)
    for task in watching:
        task.cancel()
    await connection.close()


asyncio.run(main(*sys.argv[1:]))
