"""Options and the catalogue, shared by the commands below ``pricing``."""

import click

from s3nav.cli.lazy_commands import SettingFlag, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import NotFoundError
from s3nav.model.text.plain_messages import command
from s3nav.pricing import Catalogue

FETCH_FLAGS = (
    SettingFlag(setting="pricing_output_dir", names=("--output-dir",), metavar="DIR"),
    SettingFlag(setting="pricing_cache_dir", names=("--cache-dir",), metavar="DIR"),
    SettingFlag(
        setting="pricing_max_concurrent_downloads", names=("--max-concurrent",), metavar="N"
    ),
    SettingFlag(setting="pricing_base_url", names=("--base-url",), metavar="URL"),
)


def add_fetch_options(command: click.Command) -> click.Command:
    """Add the options of aws-pricing-downloader, with the same names."""
    command.params += [setting_option(flag) for flag in FETCH_FLAGS]
    return command


def catalogue_of(line: CommandLine) -> Catalogue:
    """Return the price catalogue. Raises NotFoundError while it is empty."""
    prices = line.session.prices()
    if prices.is_empty:
        raise NotFoundError(
            "no prices have been fetched yet",
            remedy=f"`{command('pricing', 'download', '--service', 'AmazonS3')}` fetches some",
            slug="no-prices",
        )
    return prices.catalogue
