#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""ci-files.py gitlab|lava FILE...: are these job files what such a site takes?

Prints the shell commands of all jobs, in the order in which the site runs them, and exits 1 with
what is wrong on stderr. gitlab: the keywords of docs.gitlab.com/ci/yaml, stages and needs that lead
somewhere. lava: LAVA's own schemas (Debian: lava-common), strictly; exits 77 where those are not.
"""
import sys
import yaml

GLOBAL = {"default", "include", "stages", "variables", "workflow", "spec"}
DEFAULT = {"after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens", "image",
           "interruptible", "retry", "services", "tags", "timeout"}
JOB = DEFAULT | {"allow_failure", "coverage", "dast_configuration", "dependencies", "environment",
                 "extends", "inherit", "manual_confirmation", "needs", "pages", "parallel",
                 "release", "resource_group", "rules", "script", "run", "secrets", "stage",
                 "trigger", "variables", "when", "identity", "start_in"}
ARTIFACTS = {"paths", "exclude", "expire_in", "expose_as", "name", "public", "access", "reports",
             "untracked", "when"}
CACHE = {"paths", "key", "untracked", "unprotect", "when", "policy", "fallback_keys"}
WHEN = {"on_success", "on_failure", "never", "always", "manual", "delayed"}
RETRY_WHEN = {"always", "unknown_failure", "script_failure", "api_failure",
              "stuck_or_timeout_failure", "runner_system_failure", "runner_unsupported",
              "stale_schedule", "job_execution_timeout", "archived_failure",
              "unmet_prerequisites", "scheduler_failure", "data_integrity_failure"}


class Unique(yaml.SafeLoader):
    """A second job of the same name would silently replace the first."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        if len(set(keys)) != len(keys):
            raise ValueError(f"line {node.start_mark.line + 1}: a name twice")
        return super().construct_mapping(node, deep)


def strings(value):
    return isinstance(value, list) and value and all(isinstance(s, str) and s for s in value)


def check_job(name, job, jobs, stages):
    wrong = sorted(set(job) - JOB) + sorted(set(job.get("artifacts", {})) - ARTIFACTS)
    wrong += sorted(set(job.get("cache", {})) - CACHE)
    if len(name) > 255:
        wrong.append("its name is too long")
    if not strings(job.get("script")):
        wrong.append("no script of strings")
    if job.get("stage") not in stages:
        wrong.append(f"stage {job.get('stage')}")
    if job.get("when", "always") not in WHEN:
        wrong.append(f"when {job['when']}")
    if not strings(job.get("artifacts", {}).get("paths", ["x"])):
        wrong.append("artifacts without paths")
    for need in job.get("needs", []):
        if need not in jobs or stages.index(jobs[need]["stage"]) > stages.index(job["stage"]):
            wrong.append(f"needs {need}")
    return [f"{name}: {what}" for what in wrong]


def gitlab(path):
    document = yaml.load(open(path), Unique)
    jobs = {name: job for name, job in document.items() if name not in GLOBAL}
    stages = document["stages"]
    wrong = sorted(set(document.get("default", {})) - DEFAULT)
    retry = document.get("default", {}).get("retry", {})
    if not 0 <= retry.get("max", 0) <= 2 or set(retry.get("when", [])) - RETRY_WHEN:
        wrong.append("default: retry")
    for name, job in jobs.items():
        wrong += check_job(name, job, jobs, stages)
    for stage in stages:
        for job in jobs.values():
            if job.get("stage") == stage:
                print(*job["script"], sep="\n")
    return wrong


def lava(path):
    from lava_common import schemas
    document = yaml.load(open(path), Unique)
    try:
        schemas.validate(document, strict=True)
    except Exception as error:  # whichever their voluptuous raises
        return [f"{path}: {error}"]
    for action in document["actions"]:
        for definition in action.get("test", {}).get("definitions", []):
            print(*definition["repository"]["run"]["steps"], sep="\n")
    return []


def main():
    if sys.argv[1] == "lava":
        try:
            import lava_common  # noqa: F401
        except ImportError:
            sys.exit(77)
    wrong = [what for path in sys.argv[2:] for what in globals()[sys.argv[1]](path)]
    print(*wrong, sep="\n", end="", file=sys.stderr)
    sys.exit(bool(wrong))


main()
