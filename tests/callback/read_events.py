"""Prints what TensorBoard reads in a folder of event files, as one JSON object. Argument: the folder.

The scalars are read by TensorBoard's own multiplexer; the experiment and the sessions by the backend of its HPARAMS plugin,
as the tab asks it."""

import json
import sys

from google.protobuf import struct_pb2
from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups
from tensorboard.util import tensor_util

folder = sys.argv[1]
multiplexer = plugin_event_multiplexer.EventMultiplexer()
multiplexer.AddRunsFromDirectory(folder)
multiplexer.Reload()


def scalars():
    found = {}
    for run, tags in multiplexer.Runs().items():
        for tag in tags["tensors"]:
            metadata = multiplexer.SummaryMetadata(run, tag)
            if metadata.plugin_data.plugin_name == "scalars":
                events = multiplexer.Tensors(run, tag)
                curve = [[it.step, tensor_util.make_ndarray(it.tensor_proto).item()] for it in events]
                found.setdefault(run, {})[tag] = curve
    return found


provider = data_provider.MultiplexerDataProvider(multiplexer, folder)
plugin = backend_context.Context(base_plugin.TBContext(data_provider=provider, logdir=folder))
request = context.RequestContext()
tags = plugin.hparams_metadata(request, "")
experiment = plugin.experiment_from_metadata(
    request, "", True, tags, plugin.hparams_from_data_provider(request, "", limit=None)
)


def plain(value: struct_pb2.Value):
    return getattr(value, value.WhichOneof("kind"))


def parameter(info):
    shown = {"type": api_pb2.DataType.Name(info.type), "differs": info.differs}
    if info.WhichOneof("domain") == "domain_discrete":
        shown["choices"] = [plain(value) for value in info.domain_discrete.values]
    else:
        shown["interval"] = [info.domain_interval.min_value, info.domain_interval.max_value]
    return shown


def session(found):
    return {
        "status": api_pb2.Status.Name(found["session"].status),
        "hparams": {name: plain(value) for name, value in found["group"].hparams.items()},
        "metrics": {value.name.tag: value.value for value in found["session"].metric_values},
    }


wanted = api_pb2.ListSessionGroupsRequest(
    start_index=0,
    slice_size=1000,
    allowed_statuses=[
        api_pb2.STATUS_UNKNOWN,
        api_pb2.STATUS_SUCCESS,
        api_pb2.STATUS_FAILURE,
        api_pb2.STATUS_RUNNING,
    ],
    col_params=[api_pb2.ColParams(hparam=info.name, include_in_result=True) for info in experiment.hparam_infos]
    + [api_pb2.ColParams(metric=info.name) for info in experiment.metric_infos],
)
groups = list_session_groups.Handler(request, plugin, "", wanted).run().session_groups

print(
    json.dumps(
        {
            "scalars": scalars(),
            "experiment": {
                "name": experiment.name,
                "hparams": {info.name: parameter(info) for info in experiment.hparam_infos},
                "metrics": [info.name.tag for info in experiment.metric_infos],
            },
            "sessions": {
                each.name: session({"session": each, "group": group}) for group in groups for each in group.sessions
            },
        }
    )
)
