# SPDX-License-Identifier: Apache-2.0
"""A mask over the clip that it was drawn for."""
import base64
import hashlib
import uuid

from crowd import Crowd, floats

WINDOW = (960, 540)
# Some red as WebM, in Base64.
MOVIE = """new Promise((done) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 }); const draw = canvas.getContext('2d'); document.body.append(canvas);
    const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/webm' }); const parts = [];
    const painting = setInterval(() => { draw.fillStyle = '#f00'; draw.fillRect(0, 0, 640, 360); }, 50);
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => { clearInterval(painting); const reader = new FileReader(); reader.onload = () => done(reader.result.split(',')[1]); reader.readAsDataURL(new Blob(parts)); };
    recorder.start(); setTimeout(() => recorder.stop(), 2000); })"""
SEEN = """(() => { const [video, lines] = [document.querySelector('.preview video'), document.querySelector('.preview canvas')];
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 }); const draw = canvas.getContext('2d'); draw.drawImage(video, 0, 0, 64, 36);
    const box = (element) => { const { x, y, width, height } = element.getBoundingClientRect(); return [x, y, width, height].map(Math.round); };
    return { red: [...draw.getImageData(32, 18, 1, 1).data], outline: lines.getContext('2d').getImageData(0, 0, lines.width, lines.height).data.some((value) => value > 0),
        video: box(video), lines: box(lines) }; })()"""
# A square in the middle: left handle, point, right handle, feather of each.
SQUARE = [number for x, y in ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)) for number in (x, y, x, y, x, y, 0)]


def test_a_mask_lies_over_its_clip(page, world, scene):
    page.open(world.site.url)
    movie = base64.b64decode(page.evaluate(MOVIE))
    name = hashlib.sha256(movie)
    (world.store.files / name.hexdigest()[:2]).mkdir(exist_ok=True)
    (world.store.files / name.hexdigest()[:2] / name.hexdigest()).write_bytes(movie)
    crowd = Crowd(world.broker, scene, 1)
    crowd.build()
    clip, mask = uuid.uuid4().bytes, uuid.uuid4().bytes
    spline = "layers/00000001/splines/00000002"
    crowd.state("clip", clip, {"name": "Take 1", "source": "MOVIE", "frame_start": 1, "size": [640, 360], "file": {"sha256": name.digest(), "size": len(movie), "type": "video/webm"}})
    crowd.state("mask", mask, {"name": "Outline", "frame_start": 1, "layers/00000001": True, spline: True, f"{spline}/points": floats(SQUARE)}).wait_for_publish()
    page.join(world.site, broker=world.broker.ws_url, store=world.store.url, scene=scene)
    page.shown(1)
    page.evaluate(f"scenesync.select('{mask.hex()}', false)")
    page.evaluate(f"(() => {{ const choice = document.querySelector('.preview select'); choice.value = '{clip.hex()}'; choice.dispatchEvent(new Event('change')); }})()")
    page.wait("document.querySelector('.preview video').readyState >= 2 && document.querySelector('.preview canvas').height === 297")
    page.wait(f"{SEEN}.red[3] > 0")  # Chromium has its first picture a moment later
    seen = page.evaluate(SEEN)
    red, green, blue, _ = seen["red"]
    assert red > 200 and green < 60 and blue < 60 and seen["outline"]
    assert seen["video"] == seen["lines"] and seen["video"][2] > 100
    crowd.close()
