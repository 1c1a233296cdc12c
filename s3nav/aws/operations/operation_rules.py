"""Tables of operations: which are called, with which parameters, and which never.

`CHILDREN` holds JMESPath expressions over a parent's merged response. Each yields the list of
parameter sets with which a child operation is called.
"""

from collections.abc import Mapping
from types import MappingProxyType

VERBS = ("List", "Describe", "Get")

GLOBAL_SERVICES = frozenset({"s3", "iam", "cloudfront", "route53"})
"""Called in one region only, in addition to the services that botocore marks as global."""

NEVER_SERVICES = frozenset(
    {
        "ce",  # each request costs money
        "bcm-data-exports",
        "pricing",  # the same for every account; s3nav reads the price files
        "price-list",
        "kinesis-video-archived-media",  # has one endpoint for each stream
        "kinesis-video-media",
        "kinesis-video-signaling",
        "kinesis-video-webrtc-storage",
        "mediastore-data",
        "cloudsearchdomain",
        "apigatewaymanagementapi",
        "s3control",  # its host name contains the account
        "sso-oidc",
        "sso",
        "marketplace-entitlement",
        "importexport",
        "macie",
        "simpledbv2",
    }
)

NEVER = frozenset(
    {
        # Their response is a secret, or they create one.
        ("cognito-identity", "GetOpenIdToken"),
        ("ecr", "GetAuthorizationToken"),
        ("ecr-public", "GetAuthorizationToken"),
        ("codeartifact", "GetAuthorizationToken"),
        ("iam", "GetCredentialReport"),
        ("iot", "GetRegistrationCode"),
        ("redshift-serverless", "GetCredentials"),
        ("secretsmanager", "GetRandomPassword"),
        ("sts", "GetSessionToken"),
        ("sts", "GetFederationToken"),
        ("sts", "GetWebIdentityToken"),
        ("waf", "GetChangeToken"),
        ("waf-regional", "GetChangeToken"),
        ("chime", "GetMessagingSessionEndpoint"),
        # Large catalogues of AWS, the same for every account.
        ("ec2", "DescribeInstanceTypes"),
        ("ec2", "DescribeInstanceTypeOfferings"),
        ("ec2", "DescribeReservedInstancesOfferings"),
        ("ec2", "DescribeHostReservationOfferings"),
        ("ec2", "DescribeCapacityBlockOfferings"),
        ("ec2", "DescribeSpotPriceHistory"),
        ("ec2", "DescribeVpcEndpointServices"),
        ("ec2", "DescribeManagedPrefixLists"),
        ("ec2", "DescribePrefixLists"),
        ("ec2", "DescribeAvailabilityZones"),
        ("ec2", "DescribeRegions"),
        ("ec2", "DescribeIdFormat"),
        ("ec2", "DescribeAggregateIdFormat"),
        ("ec2", "DescribePrincipalIdFormat"),
        ("ec2", "DescribeImageReferences"),
        ("ec2", "DescribeStoreImageTasks"),
        ("ec2", "GetVpnConnectionDeviceTypes"),
        ("rds", "DescribeDBEngineVersions"),
        ("rds", "DescribeReservedDBInstancesOfferings"),
        ("rds", "DescribeSourceRegions"),
        ("rds", "DescribeCertificates"),
        ("rds", "DescribeEventCategories"),
        ("rds", "DescribeDBMajorEngineVersions"),
        ("docdb", "DescribeDBEngineVersions"),
        ("docdb", "DescribeCertificates"),
        ("docdb", "DescribeEventCategories"),
        ("neptune", "DescribeDBEngineVersions"),
        ("neptune", "DescribeEventCategories"),
        ("redshift", "DescribeReservedNodeOfferings"),
        ("redshift", "DescribeOrderableClusterOptions"),
        ("redshift", "DescribeClusterVersions"),
        ("redshift", "DescribeClusterTracks"),
        ("redshift", "DescribeEventCategories"),
        ("elasticache", "DescribeCacheEngineVersions"),
        ("elasticache", "DescribeReservedCacheNodesOfferings"),
        ("opensearch", "DescribeReservedInstanceOfferings"),
        ("opensearch", "ListVersions"),
        ("es", "DescribeReservedElasticsearchInstanceOfferings"),
        ("es", "ListElasticsearchVersions"),
        ("memorydb", "DescribeReservedNodesOfferings"),
        ("memorydb", "DescribeEngineVersions"),
        ("dms", "DescribeOrderableReplicationInstances"),
        ("dms", "DescribeEndpointTypes"),
        ("dms", "DescribeEventCategories"),
        ("dms", "DescribeEngineVersions"),
        ("eks", "DescribeAddonVersions"),
        ("eks", "DescribeClusterVersions"),
        ("emr", "ListReleaseLabels"),
        ("elasticbeanstalk", "ListAvailableSolutionStacks"),
        ("elasticbeanstalk", "ListPlatformBranches"),
        ("codebuild", "ListCuratedEnvironmentImages"),
        ("codepipeline", "ListActionTypes"),
        ("devicefarm", "ListOfferings"),
        ("elastictranscoder", "ListPresets"),
        ("lightsail", "GetBlueprints"),
        ("lightsail", "GetBundles"),
        ("lightsail", "GetRelationalDatabaseBlueprints"),
        ("lightsail", "GetRelationalDatabaseBundles"),
        ("medialive", "ListOfferings"),
        ("outposts", "ListCatalogItems"),
        ("polly", "DescribeVoices"),
        ("route53", "ListGeoLocations"),
        ("route53", "GetCheckerIpRanges"),
        ("route53domains", "ListPrices"),
        ("savingsplans", "DescribeSavingsPlansOfferings"),
        ("savingsplans", "DescribeSavingsPlansOfferingRates"),
        ("securityhub", "DescribeProducts"),
        ("securityhub", "DescribeStandards"),
        ("service-quotas", "ListServices"),
        ("ssm", "DescribeAvailablePatches"),
        ("ssm", "GetInventorySchema"),
        ("support", "DescribeTrustedAdvisorChecks"),
        ("cloudtrail", "ListPublicKeys"),
        ("directconnect", "DescribeLocations"),
        ("elbv2", "DescribeSSLPolicies"),
        ("elb", "DescribeLoadBalancerPolicyTypes"),
        ("cloudwatch", "DescribeAlarmHistory"),  # history, not resources
        ("cloudwatch", "ListMetrics"),
    }
)

OVERRIDES: Mapping[tuple[str, str], Mapping[str, object]] = MappingProxyType(
    {
        ("ec2", "DescribeImages"): {"Owners": ["self"]},
        ("ec2", "DescribeSnapshots"): {"OwnerIds": ["self"]},
        ("ec2", "DescribeFpgaImages"): {"Owners": ["self"]},
        ("iam", "ListPolicies"): {"Scope": "Local"},
        ("ssm", "ListDocuments"): {"Filters": [{"Key": "Owner", "Values": ["Self"]}]},
        ("cloudfront", "ListCachePolicies"): {"Type": "custom"},
        ("cloudfront", "ListOriginRequestPolicies"): {"Type": "custom"},
        ("cloudfront", "ListResponseHeadersPolicies"): {"Type": "custom"},
        ("ecs", "ListTaskDefinitionFamilies"): {"status": "ACTIVE"},
        ("ram", "ListPermissions"): {"permissionType": "CUSTOMER_MANAGED"},
        ("ram", "GetResourceShares"): {"resourceOwner": "SELF"},
        ("ram", "ListResources"): {"resourceOwner": "SELF"},
        ("ram", "ListPrincipals"): {"resourceOwner": "SELF"},
        ("wafv2", "ListWebACLs"): {"Scope": "REGIONAL"},
        ("wafv2", "ListIPSets"): {"Scope": "REGIONAL"},
        ("wafv2", "ListRuleGroups"): {"Scope": "REGIONAL"},
        ("wafv2", "ListRegexPatternSets"): {"Scope": "REGIONAL"},
        ("elasticbeanstalk", "ListPlatformVersions"): {
            "Filters": [{"Operator": "=", "Type": "PlatformOwner", "Values": ["self"]}]
        },
        ("emr", "ListClusters"): {
            "ClusterStates": ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]
        },
    }
)

PAGE_SIZE_MEMBERS = frozenset(
    {"MaxResults", "maxResults", "Limit", "limit", "PageSize", "MaxItems"}
)
PAGE_SIZE = 60
"""For operations that require a page size: the maximum of Cognito (ListUserPools)."""

_BUCKETS = "Buckets[].{Bucket: Name}"
_CLUSTERS = "clusterArns[].{cluster: @}"
_ROLES = "Roles[].{RoleName: RoleName}"
_USERS = "Users[].{UserName: UserName}"

CHILDREN: Mapping[tuple[str, str], Mapping[str, str]] = MappingProxyType(
    {
        ("s3", "ListBuckets"): {
            "GetBucketLocation": _BUCKETS,
            "GetBucketVersioning": _BUCKETS,
            "GetBucketEncryption": _BUCKETS,
            "GetPublicAccessBlock": _BUCKETS,
            "GetBucketPolicy": _BUCKETS,
            "GetBucketPolicyStatus": _BUCKETS,
            "GetBucketAcl": _BUCKETS,
            "GetBucketOwnershipControls": _BUCKETS,
            "GetBucketTagging": _BUCKETS,
            "GetBucketLifecycleConfiguration": _BUCKETS,
            "GetBucketLogging": _BUCKETS,
            "GetBucketReplication": _BUCKETS,
            "GetBucketNotificationConfiguration": _BUCKETS,
            "GetBucketCors": _BUCKETS,
            "GetBucketWebsite": _BUCKETS,
            "GetObjectLockConfiguration": _BUCKETS,
        },
        ("iam", "ListUsers"): {
            "ListAccessKeys": _USERS,
            "ListAttachedUserPolicies": _USERS,
            "ListUserPolicies": _USERS,
            "ListGroupsForUser": _USERS,
        },
        ("iam", "ListRoles"): {
            "ListAttachedRolePolicies": _ROLES,
            "ListRolePolicies": _ROLES,
        },
        ("iam", "ListGroups"): {
            "ListAttachedGroupPolicies": "Groups[].{GroupName: GroupName}",
        },
        ("ecs", "ListClusters"): {
            "DescribeClusters": "clusterArns && [{clusters: clusterArns}]",
            "ListServices": _CLUSTERS,
            "ListTasks": _CLUSTERS,
            "ListContainerInstances": _CLUSTERS,
        },
        ("ecs", "ListServices"): {
            "DescribeServices": "Results[?Response.serviceArns]"
            ".{cluster: Parameters.cluster, services: Response.serviceArns}",
        },
        ("ecs", "ListTasks"): {
            "DescribeTasks": "Results[?Response.taskArns]"
            ".{cluster: Parameters.cluster, tasks: Response.taskArns}",
        },
        ("ecs", "ListTaskDefinitions"): {
            "DescribeTaskDefinition": "taskDefinitionArns[].{taskDefinition: @}",
        },
        ("dynamodb", "ListTables"): {"DescribeTable": "TableNames[].{TableName: @}"},
        ("sqs", "ListQueues"): {
            "GetQueueAttributes": 'QueueUrls[].{QueueUrl: @, AttributeNames: `["All"]`}',
        },
        ("sns", "ListTopics"): {"GetTopicAttributes": "Topics[].{TopicArn: TopicArn}"},
        ("lambda", "ListFunctions"): {
            "GetPolicy": "Functions[].{FunctionName: FunctionName}",
            "ListAliases": "Functions[].{FunctionName: FunctionName}",
        },
        ("kms", "ListKeys"): {"DescribeKey": "Keys[].{KeyId: KeyId}"},
        ("kinesis", "ListStreams"): {
            "DescribeStreamSummary": "StreamNames[].{StreamName: @}",
        },
        ("eks", "ListClusters"): {
            "DescribeCluster": "clusters[].{name: @}",
            "ListNodegroups": "clusters[].{clusterName: @}",
        },
        ("route53", "ListHostedZones"): {
            "ListResourceRecordSets": "HostedZones[].{HostedZoneId: Id}",
        },
        ("apigateway", "GetRestApis"): {
            "GetStages": "items[].{restApiId: id}",
            "GetResources": "items[].{restApiId: id}",
        },
        ("elbv2", "DescribeLoadBalancers"): {
            "DescribeListeners": "LoadBalancers[].{LoadBalancerArn: LoadBalancerArn}",
        },
        ("efs", "DescribeFileSystems"): {
            "DescribeMountTargets": "FileSystems[].{FileSystemId: FileSystemId}",
        },
        ("events", "ListEventBuses"): {"ListRules": "EventBuses[].{EventBusName: Name}"},
        ("glue", "GetDatabases"): {"GetTables": "DatabaseList[].{DatabaseName: Name}"},
        ("cognito-idp", "ListUserPools"): {
            "DescribeUserPool": "UserPools[].{UserPoolId: Id}",
        },
    }
)

BATCH_SIZES: Mapping[tuple[str, str], tuple[str, int]] = MappingProxyType(
    {
        ("ecs", "DescribeClusters"): ("clusters", 100),
        ("ecs", "DescribeServices"): ("services", 10),
        ("ecs", "DescribeTasks"): ("tasks", 100),
    }
)
"""Children called for several resources at once: the member and its limit (ECS API reference)."""
