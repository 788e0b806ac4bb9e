"""The same work with python3-hl7 (Debian), for bench/hl7.ts: reads a task and a message, prints a JSON line."""

import base64
import json
import sys
import time

import hl7

request = json.load(sys.stdin)
task, seconds = request["task"], request["seconds"]
source = base64.b64decode(request["bytes"])


def ten():
    message = hl7.parse(source.decode("utf-8"))
    return [
        str(message.segment(segment)[field]) if component == 0 else message.extract_field(segment, 1, field, 1, component)
        for segment, field, component in request["places"]
    ]


def observations():
    message = hl7.parse(source.decode("utf-8"))
    return ["%s=%s" % (segment[3][0][0], segment[5]) for segment in message.segments("OBX")]


def edit():
    message = hl7.parse(source.decode("utf-8"))
    message.segment("PID")[8] = "F"
    return base64.b64encode(str(message).encode("utf-8")).decode("ascii")


work = {"ten": ten, "observations": observations, "edit": edit}[task]
answer = work()
count, began = 0, time.process_time()
while time.process_time() - began < seconds:
    work()
    count += 1
print(json.dumps({"answer": answer, "perSecond": count / (time.process_time() - began), "version": hl7.__version__}))
