"""The scripts and manifests of docs/clusters, as far as they can be checked without a cluster."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml
from kerasdl import runs

from tests.recipes.test_image_classifier import recipe

CLUSTERS = Path(__file__).parents[1] / "docs/clusters"
# Each task of a step runs at once; the step ends with the highest of their statuses.
SRUN = """
[ "$1" = --kill-on-bad-exit=1 ] && shift
for ((task = 0; task < SLURM_NNODES; task++)); do
  SLURM_PROCID=$task "$@" &
done
highest=0
for ((task = 0; task < SLURM_NNODES; task++)); do
  wait -n || { status=$?; ((status > highest)) && highest=$status; }
done
exit $highest
"""
SCONTROL = '[ "$1 $2 $3" = "show hostnames node[7-9]" ] && printf "node7\\nnode8\\nnode9\\n"'
# Ends with the status that the file of its number holds, which it takes away.
PYTHON = """
echo "$SLURM_PROCID|$TF_CONFIG|$KERASDL_JOB $*" >> tasks
[ -f "status$SLURM_PROCID" ] || exit 0
read -r status < "status$SLURM_PROCID"
[ -f again ] || rm "status$SLURM_PROCID"
exit "$status"
"""


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/usr/bin/env bash\n{text}")
    path.chmod(0o755)


@pytest.fixture
def slurm(tmp_path):
    """Runs slurm.sh as Slurm would; its exit status, and what each started task was told."""
    for name, text in {"srun": SRUN, "scontrol": SCONTROL}.items():
        script(tmp_path / "bin" / name, text)
    script(tmp_path / ".venv/bin/python", PYTHON)

    def run(*arguments, **statuses):
        for name, status in statuses.items():
            (tmp_path / name).write_text(f"{status}\n")
        given = {"SLURM_JOB_ID": "1234567", "SLURM_JOB_NODELIST": "node[7-9]", "SLURM_NNODES": "3"}
        environment = {**os.environ, **given, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
        command = ["bash", CLUSTERS / "slurm.sh", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        tasks = [line.split("|") for line in (tmp_path / "tasks").read_text().splitlines()]
        return done.returncode, sorted((int(task), json.loads(config), words) for task, config, words in tasks)

    return run


def test_slurm_tells_each_task_the_nodes_and_which_it_is(slurm):
    status, tasks = slurm("recipes/tabular.py", "--target", "two words")
    assert status == 0
    hosts = ["node7:24567", "node8:24567", "node9:24567"]
    assert tasks == [
        (
            task,
            {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": task}},
            "1234567 recipes/tabular.py --target two words",
        )
        for task in range(3)
    ]


@pytest.mark.parametrize("death", [75, 137])
def test_slurm_starts_all_again_after_a_death(slurm, death):
    status, tasks = slurm("train.py", status1=death)
    assert (status, len(tasks)) == (0, 6)


def test_slurm_does_not_repeat_an_error_and_repeats_a_death_three_times(slurm, tmp_path):
    status, tasks = slurm("train.py", status0=2)
    assert (status, len(tasks)) == (2, 3)
    (tmp_path / "tasks").unlink()
    (tmp_path / "again").touch()
    status, tasks = slurm("train.py", status2=137)
    assert (status, len(tasks)) == (137, 12)


def manifests(name):
    return {each["kind"]: each["spec"] for each in yaml.safe_load_all((CLUSTERS / name).read_text())}


def assert_runs(arguments, monkeypatch):
    """The arguments are a recipe and options that it has."""
    path, *options = arguments
    module = recipe(Path(path).stem)
    monkeypatch.setattr("sys.argv", [path, *options])
    with pytest.raises(SystemExit) as ended:
        runs.run_recipe(lambda config: 0, module.Config)
    assert ended.value.code == 0


def test_the_training_operator_is_given_a_recipe_in_the_container_that_it_looks_for(monkeypatch):
    worker = manifests("tfjob.yaml")["TFJob"]["tfReplicaSpecs"]["Worker"]
    (container,) = worker["template"]["spec"]["containers"]
    assert container["name"] == "tensorflow"
    assert (worker["replicas"], worker["restartPolicy"]) == (4, "OnFailure")
    python, path = container["command"]
    assert python == "python"
    assert_runs([path, *container["args"]], monkeypatch)


def test_the_runtime_for_trainer_writes_tf_config(tmp_path, monkeypatch):
    found = manifests("trainjob.yaml")
    trainer = found["TrainJob"]["trainer"]
    (job,) = found["TrainingRuntime"]["template"]["spec"]["replicatedJobs"]
    (container,) = job["template"]["spec"]["template"]["spec"]["containers"]
    # By these names Trainer finds them; when a pod fails, so does its job, and with it all.
    assert (job["name"], container["name"], job["template"]["spec"]["backoffLimit"]) == ("node", "node", 0)
    assert_runs(trainer["args"], monkeypatch)
    script(tmp_path / "python", 'echo "$TF_CONFIG|$*"')
    given = {each["name"]: each["value"] for each in trainer["env"]}
    assert given["WORKERS"] == str(trainer["numNodes"])
    environment = {**os.environ, **given, "JOB_COMPLETION_INDEX": "2", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = [*container["command"], *trainer["args"]]
    config, words = subprocess.check_output(command, env=environment, text=True).strip().split("|")
    hosts = [f"pets-node-0-{index}.pets:2222" for index in range(4)]
    assert json.loads(config) == {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": 2}}
    assert words == " ".join(trainer["args"])
