# Makes thumbnails: takes pictures from the shop's queue, one at a time, and refuses those that it cannot or may not do.
import os
import sys
import time
from functools import cache
from io import BytesIO

from berrymq import Message, Queue, Reject, connect, flush, following_function, publish
from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST = (240, 240)


@cache
def rules():
    """The newest word of `shop:rules`. A queue of one, at which all look, is there after a restart, too."""
    return Queue("shop:rules", shared=True, name="rules", max_messages=1, overflow="drop_oldest")


def check_size(picture):
    """Before it is decoded: a small file may hold a picture that fills the memory."""
    newest = rules().peek()
    most = newest[0].kwargs["megapixels"] if newest else 2
    megapixels = picture.width * picture.height / 1e6
    if megapixels > most:
        raise Reject(f"{picture.width}x{picture.height} is {megapixels:.1f} megapixels; the shop takes up to {most}")


def shrink(content):
    """The thumbnail as WebP, and what it was made of in words."""
    with Image.open(BytesIO(content)) as picture:
        check_size(picture)
        small = ImageOps.exif_transpose(picture)
        small.thumbnail(LARGEST)
        sizes = f"{picture.width}x{picture.height} to {small.width}x{small.height}"
        file = BytesIO()
        small.convert("RGBA" if small.has_transparency_data else "RGB").save(file, "WEBP")
        return file.getvalue(), sizes


def shrink_or_refuse(content):
    if not content:
        raise Reject("an empty file")
    try:
        return shrink(content)
    except UnidentifiedImageError:
        raise Reject("not a picture of a kind that the shop knows") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Reject(f"not a whole picture: {error}") from None


@following_function("picture:uploaded", queue="pictures")
def make_thumbnail(message):
    started = time.perf_counter()
    name = message.attributes.get("name", "unnamed")
    # `payload`, not `args`: of a file that is a text, args would hold the text.
    content, sizes = shrink_or_refuse(message.payload)
    thumbnail = Message("thumbnail:made").with_(
        payload=content,
        content_type="image/webp",
        attributes={"picture": message.message_id, "name": name, "sizes": sizes},
        # The same name whoever makes it: made twice, because a worker died before its acknowledgement, it is kept once.
        message_id=f"thumbnail of {message.message_id}",
    )
    # Returning acknowledges the picture; before that the thumbnail must be safe.
    publish(thumbnail).wait(10)
    publish("worker:log", f"{name} took {time.perf_counter() - started:.3f} s, attempt {message.attempt}")


with connect(os.environ.get("BERRYMQ_URL", "localhost:7201")):
    rules()
    flush()
    print("ready", flush=True)
    sys.stdin.read()  # until whoever started it lets go; then what is at hand is finished
